import { runGame } from "../game-process.ts";
import { settingsOf } from "./settings.ts";

runGame(() => {
  const settings = settingsOf(process.env);
  return {
    settings,
    open: async (links) => {
      const { ArenaServer } = await import("./arena-server.ts");
      return ArenaServer.open({ ...settings, ...links });
    },
  };
});

import type { GameServer } from "../../core/model/game-server.ts";
import { dataMemberOf, type SdkDataAnswer, type SdkDataVerb } from "../../core/model/sdk-data.ts";

interface Answered {
  readonly member: "counters" | "lists";
  readonly name: string;
  readonly answer: SdkDataAnswer;
  readonly revision: number;
}

/**
 * What calls on Counters and Lists were answered with and the watch has not brought yet: a game that reads after its own
 * write sees what it wrote. It holds as many as the game server has Counters and Lists, and only while the watch is behind.
 */
export class AnsweredData {
  readonly #newer = new Map<string, Answered>();

  keep(call: SdkDataVerb, answer: SdkDataAnswer, revision: string): void {
    const member = dataMemberOf(call);
    const { name } = call;
    this.#newer.set(`${member}/${name}`, { member, name, answer, revision: Number(revision) });
  }

  /** `gameServer` with what was answered at a later revision than it has. */
  over(gameServer: GameServer): GameServer {
    const seen = Number(gameServer.metadata.resourceVersion);
    let { status } = gameServer;
    for (const [key, { member, name, answer, revision }] of this.#newer) {
      if (revision <= seen) this.#newer.delete(key);
      else status = { ...status, [member]: { ...status[member], [name]: answer } };
    }
    return status === gameServer.status ? gameServer : { ...gameServer, status };
  }
}

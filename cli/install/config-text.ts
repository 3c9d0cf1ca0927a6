import { SETTING_NAMES, SETTINGS, type SettingName } from "../config.ts";

/** What belongs into no file of the machine: secrets, and what clients say for themselves. */
const LEFT_OUT: readonly SettingName[] = ["token", "tokenFile", "joinToken", "namespace", "api"];

/** The configuration file of a fresh install: every setting with its meaning and default, commented out. Pure. */
export function configText(): string {
  const blocks = SETTING_NAMES.filter((name) => !LEFT_OUT.includes(name)).map((name) => {
    const { description, takes, fallback, fallbackShown } = SETTINGS[name];
    const standard = fallbackShown ?? String(fallback);
    return `# ${description}; ${takes}\n# default: ${standard}\n# ${name}: ${JSON.stringify(fallbackShown ? "" : fallback)}\n`;
  });
  return `# Settings of this machine's Flotilla; flags and FLOTILLA_* variables go before them. Take the # away from what you set,
# then: systemctl reload flotilla (game servers go on).

${blocks.join("\n")}`;
}

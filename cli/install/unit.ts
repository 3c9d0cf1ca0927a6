import { DOWN_EXIT } from "../up/up.ts";

/** Everything of the machine that the unit names. */
export interface UnitPlaces {
  /** The installed program: `/opt/flotilla/current/bin/flotilla`. */
  readonly program: string;
  readonly configFile: string;
  /** The state folder. */
  readonly state: string;
  /** Of an agent alone: where its control plane is, and the token that it joins with. */
  readonly agentFile?: string;
}

export const UNIT_NAME = "flotilla.service";
export const AGENT_UNIT_NAME = "flotilla-agent.service";
const STANDARD_STATE = "/var/lib/flotilla";

/** What neither the parts nor a container may ever do, root or not: no option of a container gives it, and no code asks for it. */
export const DENIED_CAPABILITIES: readonly string[] = [
  "CAP_SYS_BOOT",
  "CAP_SYS_MODULE",
  "CAP_SYS_RAWIO",
  "CAP_SYS_TIME",
  "CAP_SYSLOG",
  "CAP_WAKE_ALARM",
  "CAP_MAC_ADMIN",
  "CAP_MAC_OVERRIDE",
  "CAP_AUDIT_CONTROL",
  "CAP_AUDIT_READ",
];

/**
 * The systemd unit: one for the whole machine, since `up` keeps server and agent running itself; or that of an agent alone,
 * for a control plane on another machine. Pure.
 */
export function unitText({ program, configFile, state, agentFile }: UnitPlaces): string {
  const isStandard = state === STANDARD_STATE;
  const isAgent = agentFile !== undefined;
  const name = isAgent ? AGENT_UNIT_NAME : UNIT_NAME;
  const reload = `
# Another version takes this process over; game servers and players stay.
ExecReload=/bin/kill -USR2 $MAINPID`;
  return `# Made by \`flotilla install${isAgent ? " --agent" : ""}\`, which writes it anew; changes of yours go into \`systemctl edit ${name.replace(".service", "")}\`.
[Unit]
Description=Flotilla: ${isAgent ? "agent of this machine" : "game-server fleets"}
Documentation=file://${program.replace(/bin\/flotilla$/, "docs/install.md")}
Wants=network-online.target
# A firewall's service that starts later may flush our tables; the agent would make them again within seconds.
After=network-online.target nftables.service firewalld.service
# It never gives up: a machine whose disk was full at night runs again once there is space.
StartLimitIntervalSec=0

[Service]
Type=notify
NotifyAccess=all
ExecStart=${quoted(program)} ${isAgent ? "agent" : "up"}${isAgent ? `\nEnvironmentFile=${agentFile}` : reload}
Environment=${quoted(`FLOTILLA_CONFIG=${configFile}`)}${isStandard ? "" : `\nEnvironment=${quoted(`FLOTILLA_STATE=${state}`)}`}
${isStandard ? "StateDirectory=flotilla\nStateDirectoryMode=0711\n" : ""}# Stop and restart end server and agent only: shim, SDK door and game servers go on, and the next start adopts them.
KillMode=process
KillSignal=SIGTERM
SendSIGHUP=no
Restart=always
RestartSec=1
# \`flotilla down\` means it.
RestartPreventExitStatus=${DOWN_EXIT}
SuccessExitStatus=${DOWN_EXIT}
# The first start compiles the shim.
TimeoutStartSec=300
TimeoutStopSec=30
# Hands down every controller, and systemd keeps its hands off what is below. Game servers have groups of their own, flotilla/<id>.
Delegate=yes
TasksMax=infinity
LimitNOFILE=1048576
# The agent makes namespaces, mounts and networks, hence root. Nothing that gives the unit mounts of its own may stand here
# (ProtectSystem, ProtectHome, PrivateTmp, ProtectKernelTunables, ProtectControlGroups, ReadOnlyPaths …): after a restart the
# agent would be in other mounts than the shim and the game servers that went on. Nor PrivateUsers, ProtectHostname,
# RestrictNamespaces, RestrictSUIDSGID, MemoryDenyWriteExecute: containers, images and Node need what they take away. The
# server and the SDK door, which strangers talk to, give up root by themselves.
CapabilityBoundingSet=~${DENIED_CAPABILITIES.join(" ")}

[Install]
WantedBy=multi-user.target
`;
}

/** A word as unit files take it, whatever is in it. */
function quoted(word: string): string {
  const text = word.replaceAll("%", "%%").replaceAll("$", "$$$$");
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `"${text.replace(/["\\]/g, "\\$&")}"`;
}

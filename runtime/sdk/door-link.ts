import type { GameServer } from "../../core/model/game-server.ts";
import type { LinkResult, SdkCall, Subject } from "../../core/model/link.ts";

/** What the door needs of the link to the control plane. */
export interface DoorLink {
  /** Resolves after the commit, or with the refusal; rejects (or resolves UNAVAILABLE) when the call may be tried again. */
  sdk(call: SdkCall): Promise<LinkResult>;
  /** The newest known object of a game server of this node. */
  get(subject: Subject): GameServer | undefined;
  /** Called after each change of the object under `key` (`GameServer/<namespace>/<name>`). */
  onChange(key: string, listener: () => void): Disposable;
  /** False while the control plane is away. */
  connected(): boolean;
}

import type { Checker } from "./checker.ts";
import type { ControlPlane } from "./control-plane.ts";
import type { SimDisk } from "./disk.ts";
import type { GameManners } from "./game.ts";
import type { Guests } from "./guests.ts";
import type { SimNode } from "./node.ts";
import type { Operator } from "./operator.ts";
import type { Players } from "./player.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** What actions and faults work on. */
export interface Scene {
  readonly time: VirtualTime;
  readonly disk: SimDisk;
  readonly nodes: readonly SimNode[];
  readonly players: Players;
  readonly guests: Guests;
  readonly operator: Operator;
  readonly checker: Checker;
  readonly manners: GameManners;
  plane(): ControlPlane | undefined;
  /** Ends the control plane at once; it is back after `downMs`. */
  killPlane(downMs: number): void;
  trace(line: string): void;
}

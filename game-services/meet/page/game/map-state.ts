/** The state of a map room as Colyseus shows it; changed in place by its client. */
export interface MapPlayer {
  readonly user: string;
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly connected: boolean;
  readonly can_edit: boolean;
}
export interface MapObject {
  readonly asset_id: string;
  readonly x: number;
  readonly y: number;
  readonly rotation: number;
  readonly layer: number;
  readonly solid: boolean;
}
interface Members<T> {
  forEach(see: (one: T, key: string) => void): void;
}
export interface MapState {
  readonly map_id: string;
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** Rows, joined by line feeds. */
  readonly tiles: string;
  readonly players: Members<MapPlayer>;
  readonly objects: Members<MapObject>;
}

/** What a player said, to all or to one. */
export interface Said {
  readonly from: string;
  readonly user: string;
  readonly name: string;
  readonly text: string;
  readonly at?: string | number;
  /** Said before this player came. */
  readonly is_old?: boolean;
}
export interface Whispered extends Said {
  /** The user it is for. */
  readonly to: string;
}
export interface Refused {
  readonly what: string;
  readonly because: string;
}
export interface Notice {
  readonly what: string;
  readonly text?: string;
}

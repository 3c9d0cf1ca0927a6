/** `GET /v1/overview`: the platform at a glance. Times are milliseconds since 1970; null for what nobody counts. */
export interface Overview {
  readonly atMs: number;
  readonly fleets: readonly {
    readonly namespace: string;
    readonly name: string;
    readonly replicas: number;
    readonly ready: number;
    readonly allocated: number;
    readonly reserved: number;
    readonly desired: number;
    readonly players: number | null;
    readonly playersMax: number | null;
    readonly rooms: number;
    readonly autoscaler?: {
      readonly name: string;
      readonly desired: number;
      readonly because: string;
      readonly message: string;
    };
  }[];
  readonly services: readonly {
    readonly namespace: string;
    readonly name: string;
    readonly replicas: number;
    readonly ready: number;
  }[];
  readonly nodes: { readonly ready: number; readonly total: number };
  /** Game servers and Containers. */
  readonly containers: { readonly running: number; readonly total: number };
  readonly rooms: number;
  readonly players: number;
  readonly allocations: {
    readonly perSecond: number;
    readonly p99Ms: number | null;
    readonly refusedPerSecond: number;
    readonly waiting: number;
  };
  readonly alerts: { readonly firing: number; readonly pending: number };
}

import { type ColyseusOptions, type ColyseusRoom, colyseus } from "./colyseus.ts";
import { RoomsClient, type RoomsClientOptions } from "./rooms-client.ts";

export type FlotillaClientOptions = Omit<RoomsClientOptions<never>, "connector"> & ColyseusOptions;

/** Rooms and seats for Colyseus games, by `@colyseus/sdk`: `seat.connect()` is Colyseus' room with this state. */
// biome-ignore lint/suspicious/noExplicitAny: as in Colyseus' own client: a state that is not described
export class FlotillaClient<State = any> extends RoomsClient<ColyseusRoom<State>> {
  constructor(options: FlotillaClientOptions) {
    super({ ...options, connector: colyseus<State>(options) });
  }
}

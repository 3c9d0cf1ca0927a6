import type { ServiceDefinition } from "@grpc/grpc-js";
import { fromJSON } from "@grpc/proto-loader";
import { type ProtoMessages, type ProtoMethods, protoJson } from "../../core/std/proto-tables.ts";

type ProtoJson = Parameters<typeof fromJSON>[0];

/** Agones' SDK services as tables. */
// biome-ignore format: a table is read by its rows
const STABLE: ProtoMessages = {
  Empty:      {},
  KeyValue:   { key: "1 string", value: "2 string" },
  Duration:   { seconds: "1 int64" },
  ObjectMeta: { name: "1 string", namespace: "2 string", uid: "3 string", resource_version: "4 string", generation: "5 int64",
                creation_timestamp: "6 int64", deletion_timestamp: "7 int64", annotations: "8 map string", labels: "9 map string" },
  Health:     { disabled: "1 bool", period_seconds: "2 int32", failure_threshold: "3 int32", initial_delay_seconds: "4 int32" },
  Spec:       { health: "1 Health" },
  Address:    { type: "1 string", address: "2 string" },
  Port:       { name: "1 string", port: "2 int32" },
  PlayerStatus:  { count: "1 int64", capacity: "2 int64", ids: "3 repeated string" },
  CounterStatus: { count: "1 int64", capacity: "2 int64" },
  ListStatus:    { capacity: "1 int64", values: "2 repeated string" },
  Status:     { state: "1 string", address: "2 string", ports: "3 repeated Port", players: "4 PlayerStatus",
                counters: "5 map CounterStatus", lists: "6 map ListStatus", addresses: "7 repeated Address" },
  GameServer: { object_meta: "1 ObjectMeta", spec: "2 Spec", status: "3 Status" },
};

// biome-ignore format: a table is read by its rows
const BETA: ProtoMessages = {
  Int64Value: { value: "1 int64" },
  FieldMask:  { paths: "1 repeated string" },
  Counter:    { name: "1 string", count: "2 int64", capacity: "3 int64" },
  List:       { name: "1 string", capacity: "2 int64", values: "3 repeated string" },
  GetCounterRequest:    { name: "1 string" },
  CounterUpdateRequest: { name: "1 string", count: "2 Int64Value", capacity: "3 Int64Value", countDiff: "4 int64" },
  UpdateCounterRequest: { counterUpdateRequest: "1 CounterUpdateRequest" },
  GetListRequest:       { name: "1 string" },
  UpdateListRequest:    { list: "1 List", update_mask: "2 FieldMask" },
  ListValueRequest:     { name: "1 string", value: "2 string" },
};

// biome-ignore format: a table is read by its rows
const ALPHA: ProtoMessages = {
  Empty:        {},
  Count:        { count: "1 int64" },
  Bool:         { bool: "1 bool" },
  PlayerID:     { playerID: "1 string" },
  PlayerIDList: { list: "1 repeated string" },
};

// biome-ignore format: a table is read by its rows
const METHODS: Readonly<Record<"sdk" | "beta" | "alpha", ProtoMethods>> = {
  sdk: {
    Ready: "Empty -> Empty", Allocate: "Empty -> Empty", Shutdown: "Empty -> Empty", Reserve: "Duration -> Empty",
    Health: "stream Empty -> Empty", SetLabel: "KeyValue -> Empty", SetAnnotation: "KeyValue -> Empty",
    GetGameServer: "Empty -> GameServer", WatchGameServer: "Empty -> stream GameServer",
  },
  beta: {
    GetCounter: "GetCounterRequest -> Counter", UpdateCounter: "UpdateCounterRequest -> Counter",
    GetList: "GetListRequest -> List", UpdateList: "UpdateListRequest -> List",
    AddListValue: "ListValueRequest -> List", RemoveListValue: "ListValueRequest -> List",
  },
  alpha: {
    PlayerConnect: "PlayerID -> Bool", PlayerDisconnect: "PlayerID -> Bool", IsPlayerConnected: "PlayerID -> Bool",
    SetPlayerCapacity: "Count -> Empty", GetPlayerCapacity: "Empty -> Count", GetPlayerCount: "Empty -> Count",
    GetConnectedPlayers: "Empty -> PlayerIDList",
  },
};

/** The three services by their names on the wire; 64-bit numbers are decimal strings, fields keep their proto names. */
export interface SdkServices {
  readonly stable: ServiceDefinition;
  readonly beta: ServiceDefinition;
  readonly alpha: ServiceDefinition;
}

/** Builds the service definitions from the tables above. */
export function sdkServices(): SdkServices {
  const json = protoJson("agones.dev.sdk", {
    messages: STABLE,
    services: { SDK: METHODS.sdk },
    packages: {
      beta: { messages: BETA, services: { SDK: METHODS.beta } },
      alpha: { messages: ALPHA, services: { SDK: METHODS.alpha } },
    },
  });
  const found = fromJSON(json as ProtoJson, { keepCase: true, longs: String, defaults: true });
  const service = (name: string): ServiceDefinition => found[name] as ServiceDefinition;
  return {
    stable: service("agones.dev.sdk.SDK"),
    beta: service("agones.dev.sdk.beta.SDK"),
    alpha: service("agones.dev.sdk.alpha.SDK"),
  };
}

/** Names of the methods of the service that answers UNIMPLEMENTED. */
export const ALPHA_METHODS: readonly string[] = Object.keys(METHODS.alpha);

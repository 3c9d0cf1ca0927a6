import type { ServiceDefinition } from "@grpc/grpc-js";
import { fromJSON } from "@grpc/proto-loader";

type ProtoJson = Parameters<typeof fromJSON>[0];
type Fields = Readonly<Record<string, string>>;
type Methods = Readonly<Record<string, string>>;

/**
 * Agones' SDK services as tables: a field is `number type`, `number repeated type` or `number map type` (keys are
 * strings); a method is `Request -> Response`, with `stream` before what streams. Only names of services and methods
 * and the numbers and types of fields travel; the tables need no file beside the program.
 */
// biome-ignore format: a table is read by its rows
const STABLE: Readonly<Record<string, Fields>> = {
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
const BETA: Readonly<Record<string, Fields>> = {
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
const ALPHA: Readonly<Record<string, Fields>> = {
  Empty:        {},
  Count:        { count: "1 int64" },
  Bool:         { bool: "1 bool" },
  PlayerID:     { playerID: "1 string" },
  PlayerIDList: { list: "1 repeated string" },
};

// biome-ignore format: a table is read by its rows
const METHODS: Readonly<Record<"sdk" | "beta" | "alpha", Methods>> = {
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

function fieldOf(text: string): object {
  const words = text.split(" ");
  const id = Number(words[0]);
  const type = words.at(-1) ?? "";
  if (words[1] === "map") return { id, type, keyType: "string" };
  return words[1] === "repeated" ? { id, type, rule: "repeated" } : { id, type };
}

function methodOf(text: string): object {
  const [request = "", response = ""] = text.split(" -> ");
  const name = (side: string): string => side.replace("stream ", "");
  const streams = (side: string): boolean => side.startsWith("stream ");
  return {
    requestType: name(request),
    responseType: name(response),
    requestStream: streams(request),
    responseStream: streams(response),
  };
}

function mapped(table: Readonly<Record<string, string>>, each: (text: string) => object): object {
  return Object.fromEntries(Object.entries(table).map(([name, text]) => [name, each(text)]));
}

function packageOf(messages: Readonly<Record<string, Fields>>, methods: Methods): object {
  const types = Object.entries(messages).map(([name, fields]) => [
    name,
    { fields: mapped(fields, fieldOf) },
  ]);
  return { ...Object.fromEntries(types), SDK: { methods: mapped(methods, methodOf) } };
}

/** The three services by their names on the wire; 64-bit numbers are decimal strings, fields keep their proto names. */
export interface SdkServices {
  readonly stable: ServiceDefinition;
  readonly beta: ServiceDefinition;
  readonly alpha: ServiceDefinition;
}

/** Builds the service definitions from the tables above. */
export function sdkServices(): SdkServices {
  const stable = packageOf(STABLE, METHODS.sdk);
  const nested = {
    ...stable,
    beta: { nested: packageOf(BETA, METHODS.beta) },
    alpha: { nested: packageOf(ALPHA, METHODS.alpha) },
  };
  const inside = ["sdk", "dev", "agones"].reduce<object>((inner, name) => {
    return { [name]: { nested: inner } };
  }, nested);
  const found = fromJSON({ nested: inside } as ProtoJson, {
    keepCase: true,
    longs: String,
    defaults: true,
  });
  const service = (name: string): ServiceDefinition => found[name] as ServiceDefinition;
  return {
    stable: service("agones.dev.sdk.SDK"),
    beta: service("agones.dev.sdk.beta.SDK"),
    alpha: service("agones.dev.sdk.alpha.SDK"),
  };
}

/** Names of the methods of the service that answers UNIMPLEMENTED. */
export const ALPHA_METHODS: readonly string[] = Object.keys(METHODS.alpha);

import agones from "@google-cloud/agones-sdk";

/** What tests use of Agones' own Node client; its type declarations say less than it does, and name it otherwise. */
export interface OfficialClient {
  connect(): Promise<void>;
  close(): void;
  ready(): Promise<object>;
  allocate(): Promise<object>;
  shutdown(): Promise<object>;
  reserve(seconds: number): Promise<object>;
  health(onError?: (error: Error) => void): void;
  getGameServer(): Promise<Seen>;
  watchGameServer(onChange: (seen: Seen) => void, onError?: (error: Error) => void): void;
  setLabel(key: string, value: string): Promise<object>;
  setAnnotation(key: string, value: string): Promise<object>;
  readonly alpha: { getPlayerCount(): Promise<number> };
  readonly beta: {
    getCounterCount(key: string): Promise<number>;
    incrementCounter(key: string, amount: number): Promise<void>;
    decrementCounter(key: string, amount: number): Promise<void>;
    setCounterCount(key: string, amount: number): Promise<void>;
    getCounterCapacity(key: string): Promise<number>;
    setCounterCapacity(key: string, amount: number): Promise<void>;
    getListCapacity(key: string): Promise<number>;
    setListCapacity(key: string, amount: number): Promise<void>;
    listContains(key: string, value: string): Promise<boolean>;
    getListLength(key: string): Promise<number>;
    appendListValue(key: string, value: string): Promise<void>;
    deleteListValue(key: string, value: string): Promise<void>;
    getListValues(key: string): Promise<string[]>;
  };
}

interface Seen {
  readonly objectMeta: { readonly name: string };
  readonly status: { readonly state: string };
}

/** It reads AGONES_SDK_GRPC_PORT when it is made. */
export const OfficialClient: new () => OfficialClient =
  agones as unknown as new () => OfficialClient;

import { Client, credentials } from "@grpc/grpc-js";
import { type ClosedLoadResult, resultOf } from "./closed-load.ts";
import { ALLOCATE_PATH, type GrpcLoadOptions } from "./grpc-load.ts";

const same = (bytes: Buffer): Buffer => bytes;

/** The same load by the official Node client, which takes more of the processor than what it asks. */
export async function officialGrpcLoad(options: GrpcLoadOptions): Promise<ClosedLoadResult> {
  const { host, port, tls, clients, seconds, requestsMax } = options;
  const how = tls ? credentials.createSsl(tls.ca, tls.key, tls.cert) : credentials.createInsecure();
  const channels = Array.from(
    { length: options.connections },
    () =>
      new Client(`${host}:${port}`, how, {
        "grpc.use_local_subchannel_pool": 1,
        "grpc.ssl_target_name_override": "localhost",
      }),
  );
  const began = performance.now();
  const until = began + seconds * 1000;
  const latencies: number[] = [];
  let [sent, errors] = [0, 0];
  const run = async (channel: Client): Promise<void> => {
    while (performance.now() < until && sent++ < requestsMax) {
      const at = performance.now();
      const { message, broke } = await call(channel, options.message);
      if (broke) errors++;
      const waitMs = options.onAnswer(message);
      if (waitMs === 0) latencies.push(performance.now() - at);
      else await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  };
  const all = Array.from({ length: clients }, (_, i) => channels[i % channels.length]);
  await Promise.all(all.map((channel) => channel && run(channel)));
  for (const channel of channels) channel.close();
  return resultOf(latencies, (performance.now() - began) / 1000, errors);
}

const UNAVAILABLE = 14;

function call(
  channel: Client,
  message: Buffer,
): Promise<{ readonly message: Buffer | undefined; readonly broke: boolean }> {
  return new Promise((resolve) =>
    channel.makeUnaryRequest(ALLOCATE_PATH, same, same, message, (error, answer) =>
      resolve({ message: answer, broke: error?.code === UNAVAILABLE }),
    ),
  );
}

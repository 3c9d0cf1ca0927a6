import { RedisPresence } from "@colyseus/redis-presence";

type Heard = Parameters<RedisPresence["subscribe"]>[1];

/**
 * What Colyseus' processes tell each other through Redis, for one that plays on while Redis is away. What others are not told
 * of then, they learn from the rooms when it is back; topics are subscribed to again by themselves.
 */
export class OutlivingPresence extends RedisPresence {
  override async subscribe(topic: string, heard: Heard): Promise<this> {
    await super.subscribe(topic, heard).catch(() => undefined);
    return this;
  }

  override async unsubscribe(topic: string, heard?: Heard): Promise<this> {
    await super.unsubscribe(topic, heard).catch(() => undefined);
    return this;
  }

  override async publish(topic: string, data: unknown): Promise<void> {
    await super.publish(topic, data).catch(() => undefined);
  }

  /**
   * How many make the same room just then. Colyseus leaves whoever asks without any answer when this fails: then it is as if
   * nobody else did.
   */
  override async hincrbyex(
    key: string,
    field: string,
    value: number,
    seconds: number,
  ): Promise<number> {
    return await super.hincrbyex(key, field, value, seconds).catch(() => 1);
  }
}

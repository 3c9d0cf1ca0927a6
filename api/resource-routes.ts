import { Readable } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import type { FastifyInstance, FastifyReply } from "fastify";
import { changesOf } from "../access/audit/changes.ts";
import { demandSecretWrites } from "../access/secret-writes.ts";
import type { FieldValidation } from "../core/model/admit.ts";
import { type AnyKind, KINDS } from "../core/model/kinds.ts";
import type { Kind, Resource } from "../core/model/resource.ts";
import { FleetError } from "../core/std/errors.ts";
import { isObject, mergePatch } from "../core/std/json.ts";
import type { ResourceStore } from "../store/resource-store.ts";
import { actorOf } from "./actor.ts";
import { jsonPatch } from "./json-patch.ts";
import { listText, pageOf } from "./list-page.ts";
import type { ApiBounds } from "./options.ts";
import { readSettled } from "./read-settled.ts";
import { type Audited, asked, askedNumber, isAsked, type Request, serve, warn } from "./route.ts";
import { matchesOf } from "./selection.ts";
import { successStatus } from "./status.ts";
import type { Watches } from "./watch.ts";
import { notFound, type ResourceWriter, type WriteOptions, type Written } from "./write.ts";

export interface ResourceRoutesOptions {
  readonly store: ResourceStore;
  readonly writer: ResourceWriter;
  readonly watches: Watches;
  readonly bounds: ApiBounds;
}

/** `/apis/agones.dev/v1` of a kind. */
export function basePathOf(kind: AnyKind): string {
  return `/apis/${KINDS[kind].group}/${KINDS[kind].version}`;
}

/** One generic set of routes for every stored kind, as Kubernetes has them. */
export function resourceRoutes(app: FastifyInstance, options: ResourceRoutesOptions): void {
  for (const kind of Object.keys(KINDS) as AnyKind[])
    if (KINDS[kind].verbs === "all") new KindRoutes(kind as Kind, options).register(app);
    else if (KINDS[kind].verbs === "made") new KindRoutes(kind as Kind, options).registerMade(app);
}

class KindRoutes {
  readonly #kind: Kind;
  readonly #options: ResourceRoutesOptions;

  constructor(kind: Kind, options: ResourceRoutesOptions) {
    this.#kind = kind;
    this.#options = options;
  }

  register(app: FastifyInstance): void {
    const { plural, namespaced, scale } = KINDS[this.#kind];
    const base = basePathOf(this.#kind);
    const all = `${base}/${plural}`;
    const here = namespaced ? `${base}/namespaces/:namespace/${plural}` : all;
    const list = { access: "read", handle: this.#list } as const;
    const create = { access: "write", handle: this.#create } as const;
    if (namespaced) serve(app, all, { GET: list, POST: create });
    serve(app, here, { GET: list, POST: create });
    serve(app, `${here}/:name`, {
      GET: { access: "read", handle: this.#get },
      PUT: { access: "write", handle: this.#replace },
      PATCH: { access: "write", handle: this.#patch },
      DELETE: { access: "write", handle: this.#delete },
    });
    serve(app, `${here}/:name/status`, {
      GET: { access: "read", handle: this.#get },
      PUT: { access: "write", handle: this.#replaceStatus },
      PATCH: { access: "write", handle: this.#patchStatus },
    });
    if (scale)
      serve(app, `${here}/:name/scale`, {
        GET: { access: "read", handle: this.#getScale },
        PUT: { access: "write", handle: this.#putScale },
        PATCH: { access: "write", handle: this.#patchScale },
      });
  }

  /** Made and changed by routes of their own. */
  registerMade(app: FastifyInstance): void {
    const { plural } = KINDS[this.#kind];
    const base = basePathOf(this.#kind);
    const here = `${base}/namespaces/:namespace/${plural}`;
    const list = { access: "read", handle: this.#list } as const;
    for (const url of [`${base}/${plural}`, here]) serve(app, url, { GET: list });
    serve(app, `${here}/:name`, {
      GET: { access: "read", handle: this.#get },
      DELETE: { access: "write", handle: this.#delete },
    });
  }

  readonly #list = async (request: Request, reply: FastifyReply): Promise<unknown> => {
    const matches = matchesOf(request);
    const { store, watches, bounds } = this.#options;
    const kind = this.#kind;
    if (isAsked(request, "watch")) {
      await watches.serve({ kind, matches, request, reply });
      return reply;
    }
    const limit = askedNumber(request, "limit") || bounds.listMax;
    const continued = asked(request, "continue") || undefined;
    const { page, revision } = await readSettled(store, () => ({
      page: pageOf(
        store.list(kind, request.params.namespace),
        matches,
        Math.min(limit, bounds.listMax),
        continued,
      ),
      revision: store.revision,
    }));
    reply.type("application/json");
    return await reply.send(Readable.from(inTurns(listText(kind, revision, page))));
  };

  readonly #get = async (request: Request): Promise<Resource> => {
    const { namespace, name } = this.#place(request);
    const { store } = this.#options;
    const found = await readSettled(store, () => store.get(this.#kind, namespace, name));
    if (!found) throw notFound(this.#kind, name);
    return found;
  };

  readonly #create = async (request: Request, reply: FastifyReply): Promise<Resource> => {
    const { writer } = this.#options;
    const options = writeOptionsOf(request);
    demandSecretWrites(request.principal, undefined, request.body);
    const made = writer.create(this.#kind, request.params.namespace, request.body, options);
    const written = await made;
    reply.code(201);
    request.audited = auditedWrite(written, options.dryRun);
    return this.#answer(reply, written);
  };

  readonly #replace = (request: Request, reply: FastifyReply): Promise<Resource> =>
    this.#update(request, reply, () => request.body);

  readonly #patch = (request: Request, reply: FastifyReply): Promise<Resource> =>
    this.#update(request, reply, patchOf(request));

  readonly #replaceStatus = (request: Request, reply: FastifyReply): Promise<Resource> =>
    this.#update(request, reply, () => request.body, "status");

  readonly #patchStatus = (request: Request, reply: FastifyReply): Promise<Resource> =>
    this.#update(request, reply, patchOf(request), "status");

  readonly #delete = async (request: Request): Promise<unknown> => {
    const { namespace, name } = this.#place(request);
    const options = deleteOptionsOf(request);
    const { writer } = this.#options;
    const { object, isGone } = await writer.delete(this.#kind, namespace, name, options);
    request.audited = { ...changesOf(toldOf(object), undefined), isTrial: options.dryRun };
    const { group, plural } = KINDS[this.#kind];
    return isGone ? successStatus({ group, kind: plural, name, uid: object.metadata.uid }) : object;
  };

  readonly #getScale = async (request: Request): Promise<unknown> =>
    scaleOf(await this.#get(request));

  readonly #putScale = (request: Request, reply: FastifyReply): Promise<unknown> =>
    this.#scale(request, reply, () => request.body);

  readonly #patchScale = (request: Request, reply: FastifyReply): Promise<unknown> =>
    this.#scale(request, reply, (old) => patchOf(request)(old));

  async #scale(
    request: Request,
    reply: FastifyReply,
    change: (old: object) => unknown,
  ): Promise<unknown> {
    const update = (old: Resource): unknown => {
      const scale = change(scaleOf(old));
      const { spec, metadata } = isObject(scale) ? scale : {};
      if (!isObject(spec) || typeof spec.replicas !== "number")
        throw new FleetError("BAD_REQUEST", "a Scale has spec.replicas, a whole number");
      const { resourceVersion } = isObject(metadata) ? metadata : {};
      const wanted = { ...old.spec, replicas: spec.replicas };
      return {
        ...old,
        metadata: { ...old.metadata, resourceVersion: resourceVersion ?? "" },
        spec: wanted,
      };
    };
    return scaleOf(await this.#update(request, reply, update));
  }

  async #update(
    request: Request,
    reply: FastifyReply,
    change: (old: Resource) => unknown,
    subresource?: "status",
  ): Promise<Resource> {
    const { namespace, name } = this.#place(request);
    const options = { ...writeOptionsOf(request), ...(subresource ? { subresource } : {}) };
    const { writer } = this.#options;
    const checked = (old: Resource): unknown => {
      const next = change(old);
      demandSecretWrites(request.principal, old, next);
      return next;
    };
    const written = await writer.update(this.#kind, namespace, name, checked, options);
    request.audited = auditedWrite(written, options.dryRun);
    return this.#answer(reply, written);
  }

  #answer(reply: FastifyReply, { object, warnings }: Written): Resource {
    warn(reply, warnings);
    return object;
  }

  #place({ params }: Request): { readonly namespace: string; readonly name: string } {
    return { namespace: params.namespace ?? "", name: params.name ?? "" };
  }
}

function auditedWrite({ before, object }: Written, isTrial: boolean): Audited {
  const { name, namespace } = object.metadata;
  const target = namespace ? `${namespace}/${name}` : name;
  return { target, ...changesOf(before && toldOf(before), toldOf(object)), isTrial };
}

/** What a person has written of a resource, and its status is not. */
function toldOf({ metadata, spec, status }: Resource): object {
  const { labels, annotations } = metadata;
  return { metadata: { labels, annotations }, spec, status };
}

async function* inTurns(texts: Iterable<string>): AsyncGenerator<string> {
  for (const text of texts) {
    yield text;
    await turn();
  }
}

function writeOptionsOf(request: Request): WriteOptions {
  const fieldValidation = asked(request, "fieldValidation") ?? "Warn";
  if (!["Strict", "Warn", "Ignore"].includes(fieldValidation))
    throw new FleetError("BAD_REQUEST", "fieldValidation must be Strict, Warn or Ignore");
  return {
    fieldValidation: fieldValidation as FieldValidation,
    dryRun: isDryRun(request),
    by: actorOf(request.principal),
  };
}

function isDryRun(request: Request): boolean {
  const dryRun = asked(request, "dryRun");
  if (dryRun === undefined || dryRun === "All") return dryRun === "All";
  throw new FleetError("BAD_REQUEST", "dryRun must be All");
}

function patchOf(request: Request): (old: object) => unknown {
  const type = request.headers["content-type"] ?? "";
  if (type.startsWith("application/json-patch+json")) return (old) => jsonPatch(old, request.body);
  if (!isObject(request.body)) throw new FleetError("BAD_REQUEST", "a merge patch is an object");
  return (old) => mergePatch(old, request.body);
}

function deleteOptionsOf(request: Request): Parameters<ResourceWriter["delete"]>[3] {
  const body = isObject(request.body) ? request.body : {};
  const given = isObject(body.preconditions) ? body.preconditions : {};
  const { uid, resourceVersion } = given;
  const seconds = askedNumber(request, "gracePeriodSeconds", GRACE_SECONDS_MAX);
  const grace = seconds ?? body.gracePeriodSeconds;
  const isDry = Array.isArray(body.dryRun) && body.dryRun.includes("All");
  return {
    dryRun: isDry || isDryRun(request),
    by: actorOf(request.principal),
    preconditions: {
      ...(typeof uid === "string" ? { uid } : {}),
      ...(typeof resourceVersion === "string" ? { resourceVersion } : {}),
    },
    ...(Number.isSafeInteger(grace) ? { gracePeriodSeconds: Number(grace) } : {}),
  };
}
const GRACE_SECONDS_MAX = 24 * 3600;

/** `autoscaling/v1` Scale of what has replicas. */
function scaleOf(resource: Resource): object {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = resource.metadata;
  const replicas = "replicas" in resource.spec ? resource.spec.replicas : 0;
  const seen = "replicas" in resource.status ? resource.status.replicas : 0;
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas },
    status: { replicas: seen, selector: `agones.dev/${resource.kind.toLowerCase()}=${name}` },
  };
}

import type { FieldIn } from "./message.ts";
import { TAG } from "./protocol.ts";

/** Who a program runs as, and what the kernel lets it do. */
export interface Identity {
  /** User inside of the container. */
  readonly user: number;
  /** Host user of the container's user 0; 65536 users from there on are the container's. */
  readonly userBase: number;
  /** A mask; the shim's ceiling is CAP_NET_BIND_SERVICE. */
  readonly capabilities: number;
  /** Classic BPF, as `seccompFilter` makes it. */
  readonly seccomp: Uint8Array;
}

export interface Program {
  readonly argv: readonly string[];
  /** `NAME=value`. */
  readonly env: readonly string[];
  readonly cwd: string;
}

export interface CgroupWrite {
  readonly controller: string;
  readonly file: string;
  readonly value: string;
}

/** Numbers of resources as the kernel has them, in `rlimits`. */
export const RLIMIT = { CORE: 4, NPROC: 6, NOFILE: 7, MEMLOCK: 8 } as const;

export interface CreateRequest extends Identity, Program {
  /** 1 to 32 hexadecimal digits. */
  readonly id: string;
  readonly hostname: string;
  /** Unpacked layers, lowest first; absolute paths, as every path of the host here. */
  readonly layers: readonly string[];
  /** The container's own folder: the shim keeps `log.0`, `log.1`, `exit` and its mount points there. */
  readonly stateFolder: string;
  /** Size of the writable layer in memory; 0: it lies on the disk, in the state folder. */
  readonly upperBytes: number;
  readonly readOnlyRoot: boolean;
  readonly tmpBytes: number;
  readonly shmBytes: number;
  readonly binds: readonly { source: string; target: string; readOnly: boolean }[];
  readonly tmpfs: readonly { target: string; bytesMax: number }[];
  /** Files of the host, copied to memory: 0400 and the container's user's. */
  readonly secrets: readonly { source: string; target: string }[];
  readonly cgroupWrites: readonly CgroupWrite[];
  readonly rlimits: readonly { resource: number; soft: number; hard: number }[];
  /** Of each of the two log files. */
  readonly logBytesMax: number;
  /** Bytes a second; what is above is dropped and counted. */
  readonly logRate: number;
  /** Addresses for /etc/resolv.conf. */
  readonly resolvers: readonly string[];
  /** TAG.NET_* fields as runtime/network makes them; none: only a loopback device. */
  readonly network: readonly FieldIn[];
}

export interface ExecRequest extends Identity, Program {
  readonly id: string;
  readonly tty: boolean;
}

function programFields(request: Identity & Program): FieldIn[] {
  return [
    ...request.argv.map((text): FieldIn => [TAG.ARGUMENT, text]),
    ...request.env.map((text): FieldIn => [TAG.ENVIRONMENT, text]),
    [TAG.WORKING_FOLDER, request.cwd],
    [TAG.USER, request.user],
    [TAG.USER_BASE, request.userBase],
    [TAG.CAPABILITIES, request.capabilities],
    [TAG.SECCOMP, request.seccomp],
  ];
}

/** Limits as fields of OP.CREATE and OP.LIMIT. */
export function limitFields(writes: readonly CgroupWrite[]): FieldIn[] {
  return writes.map(({ controller, file, value }) => [
    TAG.CGROUP_WRITE,
    [
      [TAG.CONTROLLER, controller],
      [TAG.FILE, file],
      [TAG.VALUE, value],
    ],
  ]);
}

function mountFields({ binds, tmpfs, secrets }: CreateRequest): FieldIn[] {
  const source = (path: string): FieldIn => [TAG.SOURCE, path];
  const target = (path: string): FieldIn => [TAG.TARGET, path];
  return [
    ...binds.map((bind): FieldIn => {
      const readOnly: FieldIn = [TAG.READ_ONLY, bind.readOnly ? 1 : 0];
      return [TAG.BIND, [source(bind.source), target(bind.target), readOnly]];
    }),
    ...tmpfs.map((folder): FieldIn => {
      return [TAG.TMPFS, [target(folder.target), [TAG.BYTES_MAX, folder.bytesMax]]];
    }),
    ...secrets.map((secret): FieldIn => {
      return [TAG.SECRET, [source(secret.source), target(secret.target)]];
    }),
  ];
}

export function createFields(request: CreateRequest): FieldIn[] {
  return [
    [TAG.ID, request.id],
    [TAG.HOSTNAME, request.hostname],
    ...programFields(request),
    ...request.layers.map((path): FieldIn => [TAG.LAYER, path]),
    [TAG.STATE_FOLDER, request.stateFolder],
    [TAG.UPPER_BYTES, request.upperBytes],
    [TAG.READ_ONLY_ROOT, request.readOnlyRoot ? 1 : 0],
    [TAG.TMP_BYTES, request.tmpBytes],
    [TAG.SHM_BYTES, request.shmBytes],
    ...mountFields(request),
    ...limitFields(request.cgroupWrites),
    ...request.rlimits.map(
      ({ resource, soft, hard }): FieldIn => [
        TAG.RLIMIT,
        [
          [TAG.RESOURCE, resource],
          [TAG.SOFT, soft],
          [TAG.HARD, hard],
        ],
      ],
    ),
    [TAG.LOG_BYTES_MAX, request.logBytesMax],
    [TAG.LOG_RATE, request.logRate],
    ...request.resolvers.map((address): FieldIn => [TAG.RESOLVER, address]),
    ...request.network,
  ];
}

export function execFields(request: ExecRequest): FieldIn[] {
  return [[TAG.ID, request.id], ...programFields(request), [TAG.TTY, request.tty ? 1 : 0]];
}

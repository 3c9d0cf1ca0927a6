import type { Schema } from "../schema.ts";
import {
  dnsLabel,
  flag,
  ignored,
  integer,
  list,
  map,
  NO_NUL,
  object,
  oneOf,
  port,
  quantity,
  refused,
  refusedAll,
  text,
} from "./build.ts";

const LIST_MAX = 1_000;
const argument: Schema = text("One argument.", { maxLength: 128 * 1024, ...NO_NUL });
const absolutePath = (description: string): Schema =>
  text(description, {
    maxLength: 4_096,
    pattern: "^/(?![\\s\\S]*(?:^|/)\\.\\.(?:/|$))[^\\u0000-\\u001f\\u007f]*$",
    "x-flotilla-form": "an absolute path without .. and control characters",
  });

const ENV: Schema = list(
  "Environment of the process.",
  object(
    "One variable.",
    {
      name: text("Its name.", {
        minLength: 1,
        maxLength: 256,
        pattern: "^[!-<>-~][ -<>-~]*$",
        "x-flotilla-form": "printable letters without =",
      }),
      value: text("Its value; `$(NAME)` is replaced by an earlier variable.", {
        maxLength: 128 * 1024,
        default: "",
        ...NO_NUL,
      }),
      valueFrom: refused("values from elsewhere are not supported: write the value"),
    },
    { required: ["name"] },
  ),
  LIST_MAX,
);

const AMOUNTS = {
  cpu: quantity("Cores: 500m is half of one; 0 is no limit."),
  memory: quantity("Bytes: 200Mi; 0 is no limit."),
  pids: quantity("Processes and threads (not known to Kubernetes)."),
};
const RESOURCES: Schema = object("What it may use.", {
  limits: object("The bounds that are held.", {
    ...AMOUNTS,
    "ephemeral-storage": ignored("is not enforced"),
  }),
  requests: object("What its node must have left for it; without them, the limits.", {
    ...AMOUNTS,
    "ephemeral-storage": ignored("is not reserved"),
  }),
  claims: refused("device claims are not supported"),
});

const MOUNTS: Schema = list(
  "Where volumes are shown.",
  object(
    "One mount.",
    {
      name: dnsLabel("Name of a volume."),
      mountPath: absolutePath("Where it is shown."),
      readOnly: flag("True: nothing can be written there."),
      ...refusedAll("is not supported for a mount", [
        ...["subPath", "subPathExpr", "mountPropagation", "recursiveReadOnly"],
      ]),
    },
    { required: ["name", "mountPath"] },
  ),
  100,
);

export const RUN_AS: Readonly<Record<string, Schema>> = {
  runAsUser: integer("User inside the container; it is never the host's root.", 0, 65_534),
  runAsNonRoot: flag("True: a runAsUser of 0 is refused."),
  runAsGroup: ignored("the group is that of the user"),
  seccompProfile: object("The system call filter is always on.", {
    type: oneOf("Which filter.", ["RuntimeDefault"]),
  }),
  seLinuxOptions: ignored("SELinux labels are not set"),
  appArmorProfile: ignored("AppArmor profiles are not set"),
  windowsOptions: ignored("there is no Windows here"),
};
const SECURITY: Schema = object("Rights of the process.", {
  ...RUN_AS,
  readOnlyRootFilesystem: flag("True: only volumes and /tmp can be written."),
  privileged: refused("privileged containers are not supported"),
  allowPrivilegeEscalation: ignored("no process gains privileges here"),
  capabilities: object("Capabilities are all dropped.", {
    add: refused("capabilities cannot be added"),
    drop: list("All are dropped in any case.", text("A capability."), 100),
  }),
  procMount: refused("only the default /proc is supported", ["Default"]),
});

const http: Schema = object(
  "Succeeds when a GET is answered with 200 to 399.",
  {
    path: text("Path to get.", { default: "/", maxLength: 4_096, ...NO_NUL }),
    port: port("A number; names of ports are not supported."),
    scheme: oneOf("Protocol.", ["HTTP"]),
    ...refusedAll("is not supported in a probe", ["host", "httpHeaders"]),
  },
  { required: ["port"] },
);
export const PROBE: Schema = object("How to see that it works; exactly one way.", {
  httpGet: http,
  tcpSocket: object(
    "Succeeds when a connection opens.",
    { port: port("A number."), host: refused("is not supported in a probe") },
    { required: ["port"] },
  ),
  exec: object(
    "Succeeds when the command ends with 0 inside the container.",
    { command: list("Program and arguments.", argument, LIST_MAX, { minItems: 1 }) },
    { required: ["command"] },
  ),
  grpc: refused("gRPC probes are not supported: use tcpSocket, httpGet or exec"),
  initialDelaySeconds: integer("Before the first try.", 0, 86_400, { default: 0 }),
  periodSeconds: integer("Between tries.", 1, 86_400, { default: 10 }),
  timeoutSeconds: integer("For one try.", 1, 3_600, { default: 1 }),
  failureThreshold: integer("Failures in a row that count.", 1, 10_000, { default: 3 }),
  successThreshold: refused("must be 1 for a liveness probe", [1]),
  terminationGracePeriodSeconds: ignored("the container's own grace period is used"),
});

export const IMAGE_REFERENCE: Schema = text("Name of an image, such as arena or games/arena:2.", {
  minLength: 1,
  maxLength: 512,
  pattern: "^(?!.*\\.\\.)[A-Za-z0-9][A-Za-z0-9._:/@-]*$",
  "x-flotilla-form": "an image name (letters, digits and . _ : / @ -)",
});

const noMeaning = (why: string): Schema => ignored(why);

/** Fields of one container, in a pod template or in a Container; ports differ and are added there. */
export const CONTAINER_FIELDS: Readonly<Record<string, Schema>> = {
  name: dnsLabel("Name of the container."),
  image: IMAGE_REFERENCE,
  imagePullPolicy: oneOf("How often to pull.", ["Always", "IfNotPresent", "Never"], {
    "x-flotilla-warn": "has no effect: an image is fetched when it is missing",
    "x-flotilla-same": ["IfNotPresent"],
  }),
  command: list("Program and first arguments, instead of the image's.", argument, LIST_MAX),
  args: list("Arguments, instead of the image's.", argument, LIST_MAX),
  workingDir: absolutePath("Folder to start in, instead of the image's."),
  env: ENV,
  resources: RESOURCES,
  volumeMounts: MOUNTS,
  securityContext: SECURITY,
  livenessProbe: PROBE,
  readinessProbe: noMeaning("readiness is what the game server says through the SDK"),
  startupProbe: refused("is not supported: use livenessProbe.initialDelaySeconds"),
  lifecycle: refused("lifecycle hooks are not supported"),
  envFrom: refused("values from elsewhere are not supported: write them into env"),
  volumeDevices: refused("block devices are not supported"),
  restartPolicy: refused("is not supported for one container of a template"),
  restartPolicyRules: refused("restart rules are not supported"),
  resizePolicy: noMeaning("limits are changed in place in any case"),
  stdin: noMeaning("standard input is empty"),
  stdinOnce: noMeaning("standard input is empty"),
  tty: noMeaning("output goes to the log, not to a terminal"),
  terminationMessagePath: noMeaning("the last log lines are shown instead"),
  terminationMessagePolicy: noMeaning("the last log lines are shown instead"),
};

export const CONTAINER_PORT: Readonly<Record<string, Schema>> = {
  name: dnsLabel("Name of the port."),
  containerPort: port("Port that the process listens on."),
  protocol: oneOf("Transport.", ["TCP", "UDP"], { default: "TCP" }),
  hostIP: refused("ports are opened on the node's own addresses"),
};

export const VOLUMES: Schema = list(
  "Folders and files from outside of the image.",
  object(
    "One volume; exactly one kind.",
    {
      name: dnsLabel("Name that mounts refer to."),
      named: object(
        "A folder of the node that outlives containers.",
        { volume: dnsLabel("Name of the folder.") },
        { required: ["volume"] },
      ),
      secret: object(
        "A file of the node's secrets, shown with mode 0400.",
        {
          secretName: text("Name of the file.", {
            minLength: 1,
            maxLength: 253,
            pattern: "^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$",
            "x-flotilla-form": "letters, digits, -, _ and .",
          }),
          defaultMode: ignored("the mode is always 0400"),
          ...refusedAll("is not supported for a secret", ["items", "optional"]),
        },
        { required: ["secretName"] },
      ),
      emptyDir: object("An empty folder in memory, for the life of the container.", {
        sizeLimit: quantity("Bytes at most."),
        medium: ignored("an emptyDir is always in memory", ["Memory"]),
      }),
      ...refusedAll("is not supported: named, secret and emptyDir volumes are", [
        ...["configMap", "hostPath", "persistentVolumeClaim", "projected", "downwardAPI", "csi"],
        ...["nfs", "iscsi", "ephemeral", "image", "gitRepo", "fc", "flexVolume", "rbd", "cephfs"],
        ...["awsElasticBlockStore", "azureDisk", "azureFile", "gcePersistentDisk", "glusterfs"],
      ]),
    },
    { required: ["name"] },
  ),
  100,
);

/** Seconds between TERM and KILL, as Kubernetes has it. */
export const GRACE: Schema = integer("Seconds between TERM and KILL.", 0, 86_400, { default: 30 });
export const NODE_SELECTOR: Schema = map(
  "Labels that the node must have.",
  text("A label's value.", { maxLength: 63 }),
  text("A label's key.", { maxLength: 317 }),
  100,
);

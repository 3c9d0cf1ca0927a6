import type { Command } from "commander";
import { buildImages, openImages, pruneImages } from "../build-images.ts";
import { contextOf, makeCommand } from "../command.ts";
import type { Io } from "../io.ts";
import { textTable } from "../text-table.ts";

/** `flotilla image build|ls|rm|prune`: the images of this machine's state folder; the agent shows them to the control plane. */
export function imageCommand(io: Io): Command {
  const command = makeCommand(io, {
    usage: "image",
    summary: "Build images from files (no registry, no Docker), list and remove them",
    settings: [],
    examples: [
      ["flotilla image build examples/demo/image.yaml", "what the file says"],
      ["flotilla image ls", "the images of this machine"],
      ["flotilla image rm arena:old", "take the name away; what runs goes on"],
      ["flotilla image prune", "clear away at once what nothing needs"],
    ],
  });
  const build = makeCommand(io, {
    usage: "build <files...>",
    summary: "Build the images that files describe",
    settings: ["state"],
    examples: [["flotilla image build image.yaml", "build it, or take what is unchanged"]],
  });
  build.action((files: readonly string[]) =>
    buildFiles(io, contextOf(io, build).config.state, files),
  );
  const ls = makeCommand(io, {
    usage: "ls",
    summary: "List the images of this machine",
    settings: ["state"],
    examples: [["flotilla image ls", "reference, digest and size"]],
  });
  ls.action(() => list(io, contextOf(io, ls).config.state));
  for (const one of [build, ls, removeCommand(io), pruneCommand(io)]) command.addCommand(one);
  return command;
}

function removeCommand(io: Io): Command {
  const rm = makeCommand(io, {
    usage: "rm <references...>",
    summary: "Take names away from images; what runs goes on, what starts later needs another",
    settings: ["state"],
    examples: [
      ["flotilla image rm arena:old", "its files go when nothing needs them for an hour"],
      ["flotilla image rm arena:old && flotilla image prune", "they go at once"],
    ],
  });
  rm.action(async (references: readonly string[]) => {
    for (const reference of references) await remove(io, contextOf(io, rm).config.state, reference);
  });
  return rm;
}

function pruneCommand(io: Io): Command {
  const prune = makeCommand(io, {
    usage: "prune",
    summary: "Clear away what no named image has and no container was made of",
    settings: ["state"],
    examples: [["flotilla image prune", "now; the agent does it after an hour by itself"]],
  });
  prune.action(async () => {
    const { blobs, layers, bytes } = await pruneImages(contextOf(io, prune).config.state);
    io.out(`cleared ${blobs} blobs and ${layers} unpacked layers: ${Math.ceil(bytes / 1e6)} MB\n`);
  });
  return prune;
}

async function remove(io: Io, state: string, reference: string): Promise<void> {
  const { fullReference } = await import("../../runtime/image/reference.ts");
  const { imageNotFound } = await import("../../runtime/image/folder-image-store.ts");
  const images = await openImages(state);
  const full = fullReference(reference);
  if (!(await images.untag(full))) throw imageNotFound(full, [...(await images.named()).keys()]);
  io.out(`${full} removed\n`);
}

async function buildFiles(io: Io, state: string, files: readonly string[]): Promise<void> {
  for await (const { reference, digest, cached } of buildImages(state, files))
    io.out(`${reference} ${cached ? "unchanged" : "built"} ${shortDigest(digest)}\n`);
}

const shortDigest = (digest: string): string => digest.replace(/^sha256:/, "").slice(0, 12);

async function list(io: Io, state: string): Promise<void> {
  const images = await openImages(state);
  const named = [...(await images.named())].sort(([a], [b]) => (a < b ? -1 : 1));
  const { sizeOf } = await import("../../runtime/image/image-folder.ts");
  const rows = await Promise.all(
    named.map(async ([reference, descriptor]) => {
      const { manifest } = await images.files(descriptor);
      return [reference, shortDigest(descriptor.digest), `${Math.ceil(sizeOf(manifest) / 1e6)} MB`];
    }),
  );
  io.out(textTable([["REFERENCE", "DIGEST", "SIZE"], ...rows]));
}

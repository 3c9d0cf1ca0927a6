import type { Command } from "commander";
import { buildImages, openImages } from "../build-images.ts";
import { contextOf, makeCommand } from "../command.ts";
import type { Io } from "../io.ts";
import { textTable } from "../text-table.ts";

/** `flotilla image build|ls`: the images of this machine's state folder; the agent shows them to the control plane. */
export function imageCommand(io: Io): Command {
  const command = makeCommand(io, {
    usage: "image",
    summary: "Build images from files (no registry, no Docker), and list them",
    settings: [],
    examples: [
      ["flotilla image build examples/demo/image.yaml", "what the file says"],
      ["flotilla image ls", "the images of this machine"],
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
  return command.addCommand(build).addCommand(ls);
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

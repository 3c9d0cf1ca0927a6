// Sets up what is missing, then runs: `npm start`, `npm test`, `npm run bench`, `npm run play`, `npm run sim`.
// Plain JavaScript on node: modules only, because it starts on whatever Node (>= 18) is there, before anything is installed.
const major = Number(process.versions.node.split(".")[0]);
if (major < 18) {
  console.error(`error: this is Node ${process.versions.node}; setting up needs 18 or newer`);
  console.error("next:  install a newer Node.js: https://nodejs.org");
  process.exit(1);
}
const { main } = await import("./setup/main.mjs");
process.exitCode = await main(process.argv.slice(2));

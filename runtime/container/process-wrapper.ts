/**
 * What stands between us and a game without isolation, so that its end is known although we died meanwhile: a shell that
 * waits for the game, writes `exit CODE` or `signal N` into the container's folder, and takes everybody who is left in
 * its process group along. It leads that group, so it holds the group's number for as long as it lives.
 *
 * It passes TERM by being in the group itself (the trap keeps it waiting); QUIT asks it to kill the game. After an
 * interrupted wait, the shell says 128 + signal although the game goes on: `kill -0` tells the difference, and a second
 * wait brings the true status where the game ended in between (127: there was none to bring).
 *
 * Descriptor 3 is ours: its end tells that the game's own process is there, so that a TERM from then on reaches it.
 *
 * A program that exits by itself with 129 to 159 cannot be told from one that a signal ended: as in every shell.
 */
const SCRIPT = `
_flotilla=$1
shift
echo $$ >"$_flotilla/pid"
trap : HUP INT TERM USR1 USR2
trap 'kill -KILL "$_flotilla_child" 2>/dev/null' QUIT
"$@" </dev/null >>"$_flotilla/raw/stdout" 2>>"$_flotilla/raw/stderr" 3>&- &
_flotilla_child=$!
exec 3>&-
while :; do
  wait "$_flotilla_child"
  _flotilla_code=$?
  kill -0 "$_flotilla_child" 2>/dev/null || break
done
wait "$_flotilla_child"
_flotilla_again=$?
[ "$_flotilla_again" = 127 ] || _flotilla_code=$_flotilla_again
if [ "$_flotilla_code" -gt 128 ] && [ "$_flotilla_code" -lt 160 ]; then
  echo "signal $((_flotilla_code - 128))" >"$_flotilla/exit"
else
  echo "exit $_flotilla_code" >"$_flotilla/exit"
fi
kill -KILL 0
`;

export const SHELL = "/bin/sh";

/** The name by which a process list shows a container's wrapper. */
export function wrapperName(id: string): string {
  return `flotilla:${id}`;
}

/** Arguments for the shell; `folder` is the container's own. */
export function wrapperArguments(
  id: string,
  folder: string,
  words: readonly string[],
): readonly string[] {
  return ["-c", SCRIPT, wrapperName(id), folder, ...words];
}

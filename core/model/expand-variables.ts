/**
 * Kubernetes' `$(NAME)` in commands, arguments and environment: replaced by the variable, left as it stands when there
 * is none of that name; `$$(NAME)` is the text `$(NAME)`.
 */
export function expandVariables(text: string, variables: ReadonlyMap<string, string>): string {
  return text.replace(/\$(\$|\(([^()]+)\))/g, (whole, next: string, name: string | undefined) =>
    name === undefined ? next : (variables.get(name) ?? whole),
  );
}

export interface Variable {
  readonly name: string;
  readonly value: string;
}
/** Each value with the variables before it filled in; of a name that comes twice the last counts. */
export function expandEnvironment(env: readonly Variable[]): readonly Variable[] {
  const done = new Map<string, string>();
  for (const { name, value } of env) {
    const expanded = expandVariables(value, done);
    done.delete(name);
    done.set(name, expanded);
  }
  return [...done].map(([name, value]) => ({ name, value }));
}

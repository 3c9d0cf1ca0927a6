import type { JSX } from "preact";

interface PortsProps {
  readonly address: string;
  readonly ports: readonly { readonly name?: string; readonly port: number }[];
}

/** Where players come in: `game 127.0.0.1:7000`. */
export function Ports({ address, ports }: PortsProps): JSX.Element {
  if (ports.length === 0) return <span>{address || "–"}</span>;
  const host = address.includes(":") ? `[${address}]` : address;
  return (
    <ul class="ports">
      {ports.map(({ name, port }) => (
        <li key={`${name} ${port}`}>
          {name && <span class="hint">{name} </span>}
          <code>
            {host}:{port}
          </code>
        </li>
      ))}
    </ul>
  );
}

import { render } from "preact";
import { call } from "./net/call.ts";
import { App } from "./parts/shell/app.tsx";
import { Meet } from "./parts/shell/meet.ts";
import "./style.css";

const meet = new Meet();
const place = document.getElementById("page");
if (place) render(<App meet={meet} />, place);

call<{ readonly game_endpoint?: string }>({ method: "GET", path: "/settings" }).then(
  ({ message }) => {
    meet.gameEndpoint = message.game_endpoint;
  },
  // Then game servers are tried at their own address.
  () => undefined,
);

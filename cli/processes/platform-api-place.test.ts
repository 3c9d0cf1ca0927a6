import { expect, it } from "vitest";
import { platformApiPlace } from "./platform-api-place.ts";

const servicePool = "10.86.0.0/16";
const here = (host: string, hostPort: number) => ({ address: "10.86.0.1", host, hostPort });

it.each([
  ["http://127.0.0.1:8700", here("127.0.0.1", 8700)],
  ["http://localhost:8701/", here("127.0.0.1", 8701)],
  ["http://10.0.0.5", here("10.0.0.5", 80)],
  ["http://10.0.0.6:8700", undefined],
  ["http://[::1]:8700", undefined],
  ["https://10.0.0.5:8701", undefined],
  ["https://fleet.example", undefined],
])("the control plane at %s is found at %o", (api, place) => {
  expect(platformApiPlace({ api, servicePool }, ["10.0.0.5"])).toEqual(place);
});

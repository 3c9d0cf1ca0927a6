import { render } from "preact";
import { App } from "./parts/shell/app.tsx";
import { Dashboard } from "./parts/shell/dashboard.ts";
import "uplot/dist/uPlot.min.css";
import "./style.css";

const dashboard = new Dashboard();
const place = document.getElementById("page");
if (place) render(<App dashboard={dashboard} />, place);
void dashboard.session.look();

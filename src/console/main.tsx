/** Entry of the console: its styles, the viewer's catalogue, and then all that may say something. */

import "./words/begin.ts";
import "./ui/tokens.css";
import "./ui/base.css";
import "./shell/shell.css";

// Asked for only now: modules that are shared with pages are bundled apart, and would run before the catalogue is there.
void import("./start.tsx");

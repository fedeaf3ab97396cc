// Pages about one thing: pictures can be seen large, buttons live in the chat.

import { sheets } from "./sheets.js";
import { localTimes } from "./times.js";

sheets();
localTimes();
for (const button of document.querySelectorAll("[data-action]")) button.hidden = true;

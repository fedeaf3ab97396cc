// Pages about one thing: pictures can be seen large, buttons live in the chat.

import { sheets } from "./sheets.js";

sheets();
for (const button of document.querySelectorAll("[data-action]")) button.hidden = true;

// Starts the page. On a machine where Docker runs, each container that starts changes the network, and Chromium then drops requests
// that are under way (ERR_NETWORK_CHANGED). A module that did not arrive is asked for again only after the page is loaded anew.

import("./main.js").catch((error) => {
  document.getElementById("connection").textContent = "A part of the page did not arrive or does not work. It is loaded again.";
  setTimeout(() => location.reload(), 3000);
  throw error;
});

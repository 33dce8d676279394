// Beside the page where it is served: keeps it for times without a network. Nothing else is fetched, kept or sent.
const KEPT = "nat-page";
const PAGE = new URL(new URL(location.href).searchParams.get("page"), location.href).href;

addEventListener("install", (event) => {
  skipWaiting();
  event.waitUntil(caches.open(KEPT).then((kept) => kept.add(PAGE)));
});

addEventListener("activate", (event) => event.waitUntil(clients.claim()));

addEventListener("fetch", (event) => {
  if (event.request.mode === "navigate" && event.request.url.split(/[?#]/)[0] === PAGE) event.respondWith(newest());
});

// A newer page is kept as soon as it was seen.
async function newest() {
  const kept = await caches.open(KEPT);
  try {
    const found = await fetch(PAGE);
    if (found.ok) await kept.put(PAGE, found.clone());
    return found;
  } catch {
    return (await kept.match(PAGE)) ?? Response.error();
  }
}

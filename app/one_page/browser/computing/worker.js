// The networks beside the page, so that it never stands still; the page sends their weights once, then pixels.
let networks = {};

onmessage = ({ data }) => {
  if (data.networks) {
    networks = builtFrom(data);
    return;
  }
  const { logits, maps } = networks[data.name].answer(data.pixels);
  postMessage({ id: data.id, logits, maps });
};

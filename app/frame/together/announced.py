"""What changes by itself, said to whoever does not see it: a live region that is there before its words change."""

import streamlit as st

_component = st.components.v2.component(
    "announced",
    html='<p role="status"></p>',
    css="p { position: absolute; width: 1px; height: 1px; margin: 0; overflow: hidden; clip-path: inset(50%); }",
    js="""export default function ({ data, parentElement }) {
      const region = parentElement.querySelector("p");
      if (region.textContent !== data.said) region.textContent = data.said;
    }""",
)


def announce(text: str, key: str) -> None:
    """Have a screen reader say a sentence once it has changed; what stands on the page is drawn beside it."""
    _component(key=key, data={"said": text.replace("**", "")}, height=1)

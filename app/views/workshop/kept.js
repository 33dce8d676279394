// The score outlives a reload in the browser's own memory of this tab, which ends with the tab and is sent to nobody.
const NAME = "nat-workshop";

export default function ({ data, setTriggerValue }) {
  try {
    if (data.score !== null) {
      sessionStorage.setItem(NAME, data.score);
      return;
    }
    const stored = sessionStorage.getItem(NAME);
    if (stored) setTriggerValue("kept", stored);
  } catch {
    // A browser that may keep nothing: the workshop goes on, and a reload begins it anew.
  }
}

// What the server says about the images of a stack of a series.

const descriptions = new Map(); // study/series/stack -> promise of a description

/** One text that names a stack within its study, as the state names it. */
export const keyOf = ({ series_instance_uid: series, stack_id: stack }) => (stack ? `${series}/${stack}` : series);

/** What the server says about the images of a stack, asked once; a failure is asked again next time. */
export function describeSeries(study, series, stack = "") {
  const key = `${study}/${series}/${stack}`;
  if (!descriptions.has(key)) {
    const asked = fetch(`/api/v1/studies/${study}/series/${series}?stack=${stack}`).then(async (response) => {
      if (response.ok) return response.json();
      const refusal = await response.json().catch(() => ({}));
      throw Object.assign(new Error("refused"), { sentence: refusal.error });
    });
    asked.catch(() => descriptions.delete(key));
    descriptions.set(key, asked);
    if (descriptions.size > 32) descriptions.delete(descriptions.keys().next().value);
  }
  return descriptions.get(key);
}

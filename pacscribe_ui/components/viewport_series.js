// What the server says about the images of a series.

const descriptions = new Map(); // study/series -> promise of a description

/** What the server says about the images of a series, asked once; a failure is asked again next time. */
export function describeSeries(study, series) {
  const key = `${study}/${series}`;
  if (!descriptions.has(key)) {
    const asked = fetch(`/api/v1/studies/${study}/series/${series}`).then(async (response) => {
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

// Runs before the first paint, so that a dark page does not flash white. A file, since the page's policy allows no inline script.
(() => {
  const wanted = localStorage.getItem('benchwire-theme') ?? 'auto';
  const dark = wanted === 'dark' || (wanted === 'auto' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light');
})();

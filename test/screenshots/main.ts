/**
 * `npm run screenshots`: the pictures of the docs. `npm run screenshots -- --large [FOLDER]`: pictures of every page before a large history,
 * with how long each takes to show it, in a folder outside of the repository.
 */
if (process.argv.includes('--large')) await import('./large.ts');
else await import('./docs-pictures.ts');

/** What a list does with archived runs: leaves them out, has them among the others, or has nothing else. Since 0.6. */
export const ARCHIVED_CHOICES = ['hide', 'include', 'only'] as const;
export type ArchivedChoice = (typeof ARCHIVED_CHOICES)[number];

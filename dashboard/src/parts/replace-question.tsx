import { Alert, Button } from '@mantine/core';
import type { ReactNode } from 'react';

/** Asks whether to replace what has this name. */
export function ReplaceQuestion({ name, onReplace }: { name: string; onReplace: () => void }): ReactNode {
  return (
    <Alert role="alert" title={`"${name}" exists`} mt={8}>
      <p className="bw-first">Somebody saved it, or changed it after you opened it. Use another name, or replace it.</p>
      <Button variant="default" size="compact-sm" onClick={onReplace}>
        Replace
      </Button>
    </Alert>
  );
}

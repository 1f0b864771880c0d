import { Button, Code, PasswordInput, Text, Title } from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';
import { useSignIn } from '../api/session.ts';
import { Failure } from '../parts/states.tsx';

/** Takes an API key; the link that `npm start` prints needs none (sign-in-link.tsx). */
export function SignIn({ error: before }: { error?: Error | undefined }): ReactNode {
  const signIn = useSignIn();
  const [key, setKey] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Error | undefined>(before);

  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setBusy(true);
    signIn({ key: key.trim() })
      .catch(setError)
      .finally(() => setBusy(false));
  };

  return (
    <main className="bw-sign-in">
      <form onSubmit={submit} className="bw-panel">
        <Title order={1} size="h3">
          Sign in to Benchwire
        </Title>
        <PasswordInput
          label="API key"
          value={key}
          onChange={(event) => setKey(event.currentTarget.value)}
          autoComplete="current-password"
          autoFocus
          required
        />
        {error !== undefined && <Failure error={error} />}
        <Button type="submit" loading={busy} disabled={key.trim() === ''} fullWidth>
          Sign in
        </Button>
        <Text size="sm" c="dimmed">
          <Code>npm start</Code> prints a sign-in link. To create an API key for someone else:{' '}
          <Code>bw key create</Code>.
        </Text>
      </form>
    </main>
  );
}

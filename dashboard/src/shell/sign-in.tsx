import { call } from '@benchwire/shared/client/http-client.ts';
import { Alert, Button, Code, Divider, PasswordInput, Text, Title } from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';
import { useSignIn } from '../api/session.ts';
import { useGet } from '../api/use-api.ts';
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
        <WithProvider />
        <Text size="sm" c="dimmed">
          <Code>npm start</Code> prints a sign-in link. To create an API key for someone else:{' '}
          <Code>bw key create</Code>.
        </Text>
      </form>
    </main>
  );
}

const FAILED = '#sign-in-failed=';
/** Why the sign-in at the provider did not succeed; the gateway's log has more. */
const REASONS: Readonly<Record<string, string>> = {
  unavailable: 'The provider cannot be reached. Sign in with an API key, or try again later.',
  expired: 'The sign-in took too long, or was begun in another browser. Try again.',
  refused: 'The provider refused the sign-in.',
  failed: "The provider's answer was not valid. Ask an admin: the gateway's log says why.",
  no_role: 'Your account has no role here. Ask an admin to give you one.',
};

/** The way in by the OpenID Connect provider, where one is configured. */
function WithProvider(): ReactNode {
  const { data } = useGet(call('GET /api/sign-in'));
  const [failed] = useState(() => (location.hash.startsWith(FAILED) ? location.hash.slice(FAILED.length) : undefined));
  const oidc = data?.oidc ?? null;
  if (oidc === null) return null;
  const here = `${location.pathname}${location.search}`;
  return (
    <>
      <Divider label="or" />
      {failed !== undefined && (
        <Alert color="orange" title="Not signed in" variant="light">
          {REASONS[failed] ?? REASONS.failed}
        </Alert>
      )}
      <Button
        component="a"
        href={`/sign-in?return_to=${encodeURIComponent(here)}`}
        variant="default"
        fullWidth
        {...(oidc.unavailable === null ? {} : { 'data-disabled': true })}
        aria-disabled={oidc.unavailable !== null}
        onClick={(event) => oidc.unavailable !== null && event.preventDefault()}
      >
        Sign in with {new URL(oidc.issuer).host}
      </Button>
      {oidc.unavailable !== null && (
        <Text size="sm" role="status" className="bw-told">
          Not possible now: {oidc.unavailable}
        </Text>
      )}
    </>
  );
}

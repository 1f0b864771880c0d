import { useEffect, useState } from 'react';
import { useSignIn } from '../api/session.ts';

/** The one-time token of `/#token=…`: behind a `#`, so that it reaches no server's log. */
function tokenInAddress(): string | null {
  return new URLSearchParams(location.hash.slice(1)).get('token');
}

/** Signs in with the token in the page's address, if there is one, and takes it out of the address. */
export function useSignInLink(): { busy: boolean; error: Error | undefined } {
  const signIn = useSignIn();
  const [token] = useState(tokenInAddress);
  const [busy, setBusy] = useState(token !== null);
  const [error, setError] = useState<Error>();
  useEffect(() => {
    if (token === null || tokenInAddress() === null) return;
    history.replaceState(null, '', location.pathname + location.search);
    signIn({ token })
      .catch(setError)
      .finally(() => setBusy(false));
  }, [token, signIn]);
  return { busy, error };
}

import { useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { type LiveListener, LiveSocket, type LiveState } from './live-socket.ts';
import { useSession } from './session.ts';
import { SESSION_KEY } from './session-key.ts';

const LiveContext = createContext<LiveSocket | undefined>(undefined);

const socketUrl = (): string => `${location.origin.replace(/^http/, 'ws')}/api/ws`;

/** Holds the page's one WebSocket, open while somebody is signed in. */
export function LiveProvider({ children }: { children: ReactNode }): ReactNode {
  const client = useQueryClient();
  const [socket] = useState(
    () => new LiveSocket(socketUrl(), () => void client.invalidateQueries({ queryKey: SESSION_KEY })),
  );
  const { data: session } = useSession();
  const signed_in = session != null;
  useEffect(() => {
    if (!signed_in) return;
    socket.start();
    return () => socket.stop();
  }, [socket, signed_in]);
  return <LiveContext.Provider value={socket}>{children}</LiveContext.Provider>;
}

/** Nothing is heard below it: for a page that shows what was. */
export function SilentLive({ children }: { children: ReactNode }): ReactNode {
  const [socket] = useState(() => new LiveSocket(''));
  return <LiveContext.Provider value={socket}>{children}</LiveContext.Provider>;
}

function useSocket(): LiveSocket {
  const socket = useContext(LiveContext);
  if (socket === undefined) throw new Error('useTopic needs a LiveProvider above it');
  return socket;
}

/** Hears a topic while the component is there; `null` hears nothing. The listener may change without a new subscription. */
export function useTopic(topic: string | null, listener: LiveListener): void {
  const socket = useSocket();
  const latest = useRef(listener);
  useEffect(() => {
    latest.current = listener;
  });
  useEffect(() => {
    if (topic === null) return;
    return socket.subscribe(topic, (message) => latest.current(message));
  }, [socket, topic]);
}

export function useLiveState(): { state: LiveState; dropped: number } {
  const socket = useSocket();
  const state = useSyncExternalStore(socket.onState, () => socket.state);
  const dropped = useSyncExternalStore(socket.onState, () => socket.dropped);
  return { state, dropped };
}

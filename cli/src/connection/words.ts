/** What views that stay open say of their connection. */
export const CONNECTION_LOST = 'the connection to NATS is lost; runs go on, and so does this view once it is back';
export const CONNECTED_AGAIN = 'connected to NATS again';

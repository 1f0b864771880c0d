/** Under which the answer to "who is signed in?" is kept. */
export const SESSION_KEY = ['session'];

import { notifications } from '@mantine/notifications';

/** Says at the page's corner why something was not done. */
export function notifyFailure(error: Error): void {
  notifications.show({ color: 'orange', title: 'Failed', message: error.message, autoClose: 12_000 });
}

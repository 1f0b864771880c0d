import { createTheme, Drawer, Menu, Modal, Popover, SegmentedControl, Select, Table, Tooltip } from '@mantine/core';

/** Without it a screen reader only says that there is a button. */
const closeButtonProps = { 'aria-label': 'Close' };

/**
 * One quiet look. The CSS variables of it are in styles.css: Mantine would write them into a style element, which the
 * page's content security policy does not allow. For the same reason dialogs don't lock the page's scrolling.
 */
export const theme = createTheme({
  primaryColor: 'blue',
  primaryShade: { light: 8, dark: 5 },
  defaultRadius: 'sm',
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Modal: Modal.extend({ defaultProps: { lockScroll: false, closeButtonProps, transitionProps: { duration: 0 } } }),
    Drawer: Drawer.extend({ defaultProps: { lockScroll: false, closeButtonProps, transitionProps: { duration: 0 } } }),
    Menu: Menu.extend({ defaultProps: { transitionProps: { duration: 0 } } }),
    Popover: Popover.extend({ defaultProps: { transitionProps: { duration: 0 } } }),
    Tooltip: Tooltip.extend({ defaultProps: { withArrow: true, transitionProps: { duration: 0 }, openDelay: 250 } }),
    Select: Select.extend({ defaultProps: { comboboxProps: { transitionProps: { duration: 0 } } } }),
    SegmentedControl: SegmentedControl.extend({ defaultProps: { transitionDuration: 0 } }),
    Table: Table.extend({ defaultProps: { verticalSpacing: 5, horizontalSpacing: 'xs' } }),
  },
});

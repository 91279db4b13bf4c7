import type { RefObject } from "react";
import { Button, Menu, MenuItem, MenuTrigger, Popover, Text } from "react-aria-components";
import { drawerTexts as texts } from "./texts.ts";

interface Props {
  /** Where the focus goes when the drawer closes. */
  button: RefObject<HTMLButtonElement | null>;
  /** Whether the drawer can be opened: at least one category has responses (rule 1.11). */
  isAvailable: boolean;
  onProfile: () => void;
}

/** “More Options” of a customer. */
export function MoreOptions({ button, isAvailable, onProfile }: Props) {
  return (
    <MenuTrigger>
      <Button ref={button} className="button">
        {texts.moreOptions}
      </Button>
      <Popover className="menu" isNonModal UNSTABLE_portalContainer={landmark()}>
        <Menu>
          <MenuItem id="profile" textValue={texts.profile} isDisabled={!isAvailable} onAction={onProfile}>
            <Text slot="label">{texts.profile}</Text>
            {!isAvailable && (
              <Text slot="description" className="hint">
                {" "}
                {texts.notAvailable}
              </Text>
            )}
          </MenuItem>
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}

/** The menu belongs to the page's content, so that it lies in a landmark. */
function landmark(): Element | undefined {
  return document.querySelector("main") ?? undefined;
}

import { Page } from "../shell/Page.tsx";
import "./customer.css";
import { FindCustomers } from "./FindCustomers.tsx";
import { texts } from "./texts.ts";

/** All customers, or those that were looked for. */
export default function FindPage() {
  return (
    <Page title={texts.customers}>
      <FindCustomers />
    </Page>
  );
}

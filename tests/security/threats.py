"""Each threat, and the tests that stand for it, wherever they are: `file::test`."""

from collections.abc import Mapping, Sequence

THREATS: Mapping[str, Sequence[str]] = {
    "forged tokens": [
        "security/test_tokens.py::test_no_token_but_a_genuine_one_opens_a_door",
        "unit/edge/test_session.py::test_any_other_token_is_nobodys",
        "unit/front/test_front.py::test_a_token_that_is_none_is_nobody",
        "unit/api/test_front_door.py::test_a_forged_signature_is_refused",
        "unit/realtime/test_front_door.py::test_a_forged_signature_is_refused",
    ],
    "expired tokens": [
        "security/test_tokens.py::test_no_token_but_a_genuine_one_opens_a_door",
        "unit/api/test_front_door.py::test_an_expired_signature_is_refused",
        "unit/api/test_sessions.py::test_a_session_that_nobody_used_for_a_month_is_over",
        "unit/realtime/test_session.py::test_a_connection_ends_with_the_lifetime_of_a_token",
    ],
    "replayed tokens": [
        "unit/api/test_sessions.py::test_a_token_that_comes_again_ends_the_session",
        "unit/api/test_sessions.py::test_a_token_of_two_uses_ago_ends_the_session_at_once",
        "unit/api/test_sessions.py::test_signing_out_ends_this_session_and_no_other",
        "unit/realtime/test_front_door.py::test_a_signature_of_another_target_is_refused",
    ],
    "tokens of another tenant": [
        "conformance/test_tenants.py::test_no_route_leads_to_another_tenant",
        "conformance/test_tenants.py::test_who_is_no_member_is_refused",
        "conformance/test_tenants.py::test_a_role_opens_what_it_is_for_and_no_more",
        "unit/api/test_files.py::test_an_upload_is_continued_by_nobody_else",
        "unit/api/test_search.py::test_other_tenants_notes_are_never_found_and_hide_none",
        "unit/realtime/test_front_door.py::test_a_signature_for_another_person_is_refused",
    ],
    "confused algorithms": [
        "security/test_tokens.py::test_no_token_but_a_genuine_one_opens_a_door",
        "unit/edge/test_session.py::test_a_token_with_another_algorithm_of_the_same_key_is_refused",
    ],
    "path traversal": [
        "security/test_traversal.py::test_a_path_leads_nowhere_else",
        "security/test_traversal.py::test_an_upload_is_stored_under_a_name_of_ours",
        "unit/front/test_front.py::test_what_is_no_page_is_not_found",
    ],
    "requests forged through uploads": [
        "security/test_fetching.py::test_what_an_upload_refers_to_is_never_fetched",
        "unit/jobs/test_contained.py::test_a_hostile_image_is_refused",
        "unit/jobs/test_contained.py::test_a_pdf_shows_text_as_text_and_images_as_pixels",
    ],
    "smuggled requests and headers": [
        "security/test_smuggling.py::test_one_request_is_not_taken_for_two",
        "security/test_smuggling.py::test_no_header_is_taken_off_by_naming_it_in_connection",
        "unit/edge/test_proxy.py::test_what_a_client_says_of_itself_is_not_believed",
        "unit/front/test_front.py::test_what_a_client_says_of_itself_is_not_believed",
        "unit/api/test_front_door.py::test_an_identity_alone_opens_nothing",
    ],
    "requests from other sites": [
        "security/test_other_sites.py::test_no_unsafe_request_of_another_site_is_taken",
        "unit/api/test_accounts.py::test_the_cookies_over_plain_http_are_closed_to_scripts_and_other_sites",
    ],
    "WebSockets from other sites": [
        "unit/edge/test_realtime.py::test_others_may_not_open_one",
        "unit/front/test_front.py::test_a_web_socket_of_somebody_else_is_refused",
    ],
    "who has an account": [
        "unit/api/test_accounts.py::test_an_unknown_email_is_answered_as_a_wrong_password",
        "unit/api/test_accounts.py::test_an_unknown_email_takes_as_long_as_a_wrong_password",
    ],
    "text that is taken for a query": [
        "unit/api/test_search.py::test_no_text_is_syntax",
        "unit/api/test_search.py::test_operators_are_words",
    ],
    "code in the page": [
        "browser/test_look.py::test_the_security_policy_stops_injected_code",
        "browser/test_page.py::test_a_note_opens_with_its_text_as_written",
        "unit/api/test_files.py::test_what_a_file_is_shows_in_its_content",
    ],
    "more requests than a server can take": [
        "unit/api/test_overload.py::test_what_is_too_much_is_shed_before_any_work",
    ],
}

"""Every guard, the change that switches it off, and the test that has to notice.

To add one: give it a name that says what it keeps out, a change (`Body` of a function where there is one, else `Instead` of a
part of a line), and one test that is red without it; then `make guards ARGS=WORD`, with a word of its name. `make test` looks
only whether each change still applies and each test is still there.
"""

from dataclasses import dataclass

from .off import Body, Change, Instead


@dataclass(frozen=True)
class Guard:
    name: str
    off: Change
    test: str
    """A node id of pytest below tests/."""


WHO_COMES_IN = [
    Guard(
        "a foreign page opens a socket (Origin before accept)",
        Body("Guard._known_origin", "return True"),
        "web/test_socket.py::test_a_foreign_page_is_refused_before_accept",
    ),
    Guard(
        "a foreign page asks over HTTP (Origin)",
        Body("Guard._known_origin", "return True"),
        "web/test_door.py::test_a_foreign_origin_is_403",
    ),
    Guard(
        "a foreign page reads the answers (CORS)",
        Instead("if origin in origins:", "if True:"),
        "web/access/test_cors.py::test_who_is_no_page_is_told_nothing_but_that_it_varies",
    ),
    Guard(
        "DNS rebinding (Host in open mode)",
        Instead("local_only and _name(host) not in LOCAL_HOSTS", "False"),
        "web/test_door.py::test_a_foreign_host_is_421",
    ),
    Guard(
        "a proxy opens an open server to the world (forwarding headers)",
        Instead("not headers.keys().isdisjoint(FORWARDING)", "False"),
        "web/test_door.py::test_a_proxy_in_front_of_a_server_without_keys_is_403_and_told_what_to_do",
    ),
    Guard(
        "another machine asks an open server (peer address)",
        Body("_is_remote", "return False"),
        "web/test_attached.py::test_without_keys_another_machine_is_refused_whatever_host_it_claims",
    ),
    Guard(
        "an open server listens on every address",
        Instead("if node.keyring.open_mode and not is_local(self.config.host)", "if False"),
        "cli/test_keys.py::test_a_server_without_keys_listens_to_this_machine_only",
    ),
    Guard(
        "a form posts a job (application/json)",
        Instead('if media != b"application/json"', "if False"),
        "web/test_jobs.py::test_a_body_that_any_page_could_send_is_415",
    ),
    Guard(
        "a ticket is used to change something",
        Instead(
            "return (keyring.admit_ticket(tickets[0]), True) if tickets and reading else",
            "return (keyring.admit_ticket(tickets[0]), True) if tickets else",
        ),
        "web/access/test_matrix.py::test_a_token_and_a_ticket_open_one_job_and_nothing_else",
    ),
    Guard(
        "a key does what its scopes do not say",
        Body("Caller.may", "return True"),
        "web/access/test_matrix.py::test_each_scope_of_each_owner",
    ),
    Guard(
        "an owner sees what is another's",
        Body("Caller.reaches", "return True"),
        "web/access/test_matrix.py::test_foreign_and_unknown_look_the_same",
    ),
    Guard(
        "a foreign job looks unlike one that never was",
        Instead("        raise UnknownJob(id)\n\n\ndef owner_for", '        raise Problem("FORBIDDEN")\n\n\ndef owner_for'),
        "web/access/test_matrix.py::test_foreign_and_unknown_look_the_same",
    ),
    Guard(
        "an owner submits for another",
        Instead("if who.owner is not None and named not in (None, who.owner)", "if False"),
        "web/access/test_owners.py::test_what_an_owner_submits_is_the_owners",
    ),
    Guard(
        "a key works after its time or its revocation",
        Body("ApiKey.good", "return True"),
        "store/test_keyring.py::test_a_key_ends_at_its_time_and_when_it_is_revoked",
    ),
    Guard(
        "a token outlives the key it was made with",
        Body("Keyring.stands", "return True"),
        "store/test_keyring.py::test_a_token_falls_with_the_key_it_was_made_with",
    ),
    Guard(
        "a ticket passes for a token",
        Instead('if secret is None or header.get("typ") != kind', "if secret is None"),
        "store/test_keyring.py::test_a_ticket_is_no_token_and_a_token_no_ticket",
    ),
    Guard(
        "a secret is guessed by timing (constant-time comparison)",
        Instead("hmac.compare_digest(", "bytes.__eq__("),
        "habits/test_secrets.py::test_the_keyring_compares_in_constant_time",
    ),
    Guard(
        "a socket outlives the key that opened it",
        Instead("if self.admission.drop_revoked() and", "if False and"),
        "channels/test_who_may_watch.py::test_a_revoked_key_ends_its_connections_with_4009_and_no_others",
    ),
    Guard(
        "a socket outlives its token",
        Instead("if self.admission.drop_expired(wall) and", "if False and"),
        "channels/test_who_may_watch.py::test_a_token_that_ends_closes_with_4202",
    ),
    Guard(
        "an answer that is held outlives the key that asked",
        Body("Waiting.let_in", "return True"),
        "web/access/test_credentials.py::test_who_waits_is_answered_when_their_key_is_revoked",
    ),
    Guard(
        "a socket stays that never says who it is (4105)",
        Instead("if self.admission.needed and now >= self._auth_by", "if False"),
        "channels/test_who_may_watch.py::test_who_says_nothing_is_sent_away_with_4105",
    ),
]

WHAT_IS_TOLD = [
    Guard(
        "a credential is written to the log",
        Body("scrubbed", "return line"),
        "security/test_logs.py::test_a_server_at_level_debug_writes_no_credential",
    ),
    Guard(
        "an error context keeps a secret",
        Body("_clean", 'return text.encode(errors="replace").decode()'),
        "errors/test_contexts.py::test_what_is_too_long_loses_its_middle_and_no_secret_is_cut_in_two",
    ),
    Guard(
        "a page runs a script that is none of ours (strict CSP)",
        Instead("script-src 'self'; style-src", "script-src 'self' 'unsafe-inline'; style-src"),
        "web/test_page.py::test_the_policy_allows_nothing_foreign_and_nothing_inline",
    ),
    Guard(
        "an answer is framed, sniffed or loaded by others",
        Body("secure", "return"),
        "security/test_security_headers.py::test_every_answer_is_secured",
    ),
]

HOW_MUCH = [
    Guard(
        "a request comes for ever (header time-out)",
        Body("JinduHttpProtocol._late", "return"),
        "wire/test_arriving.py::test_a_head_that_drips_gains_no_time",
    ),
    Guard(
        "a head of any size",
        Instead("if self._in_head and self._head_bytes > HEAD_BYTES", "if False"),
        "wire/test_arriving.py::test_a_head_above_64_kib_is_refused",
    ),
    Guard(
        "a reader that stalls pins its connection (abort on write stall)",
        Body("StallGuard._look_again", "return"),
        "wire/test_stalled.py::test_an_answer_that_is_not_read_is_given_up",
    ),
    Guard(
        "a socket that stalls pins its peer (write stall)",
        Instead(
            "return (writing is not None and now - writing > limit) or (held is not None", "return False and (held is not None"
        ),
        "channels/test_life_of_a_connection.py::test_a_write_that_takes_more_than_10_seconds_ends_the_connection",
    ),
    Guard(
        "what a client is sent grows old in buffers (freshness window)",
        Instead("self.open = self.frames < self.frames_mark and self.bytes < self.bytes_mark", "self.open = True"),
        "channels/test_freshness.py::test_states_wait_for_a_sign_of_life_and_only_the_newest_of_them_leaves",
    ),
    Guard(
        "a client that died is served on (4102)",
        Instead("if now - self._heard > 2 * self._ping + 5", "if False"),
        "channels/test_life_of_a_connection.py::test_who_says_nothing_is_told_4102_and_closed",
    ),
    Guard(
        "megabytes hide in the kernel (send buffer)",
        Body("StallGuard.hand_over", "return"),
        "wire/test_stalled.py::test_a_hundred_clients_that_never_read_cost_little_and_are_gone_in_time",
    ),
    Guard(
        "a bomb of compressed frames (deflate off)",
        Instead("ws_per_message_deflate=False", "ws_per_message_deflate=True"),
        "wire/test_violations.py::test_compression_is_never_agreed_to",
    ),
    Guard(
        "a body of any size",
        Instead("        if size > limit:", "        if False:"),
        "web/test_jobs.py::test_a_body_above_the_limit_is_413",
    ),
    Guard(
        "a message of any size (4013)",
        Instead('if len(message) > INBOUND_BYTES or len(message.encode(errors="replace")) > INBOUND_BYTES', "if False"),
        "web/test_socket.py::test_what_cannot_be_read_closes_with_its_code_after_bye",
    ),
    Guard(
        "JSON of any depth",
        Body("deeper_than", "return False"),
        "wire/test_bad_json.py::test_a_body_of_the_corpus_is_refused_kindly",
    ),
    Guard(
        "NaN becomes null in silence",
        Body("_all_finite", "return True"),
        "core/test_codec.py::test_what_is_not_json_is_refused",
    ),
    Guard(
        "channels without end (4004)",
        Instead("if len(self._channels | wanted.keys()) > limit", "if False"),
        "channels/test_life_of_a_connection.py::test_more_than_200_channels_close_with_4004_however_they_are_asked_for",
    ),
    Guard(
        "a client asks and does not read (unserved requests)",
        Instead("while len(self._requests) >= UNSERVED", "while False"),
        "channels/test_life_of_a_connection.py::test_a_client_that_asks_and_does_not_read_is_not_read_further",
    ),
    Guard(
        "a flood of frames (4104)",
        Body("Session._flood", "return None"),
        "web/test_rates.py::test_a_socket_that_floods_is_closed_and_others_are_not",
    ),
    Guard(
        "requests without end (429)",
        Body("Rates._take", "return None"),
        "web/test_rates.py::test_the_usual_rates_hold_where_keys_exist_and_none_without",
    ),
    Guard(
        "sockets of one address without end",
        Body("Places.take", "return True"),
        "web/test_rates.py::test_sockets_and_streams_beyond_the_limit_are_503_before_they_are_accepted",
    ),
    Guard(
        "a storm takes every descriptor",
        Instead("if len(self.connections) > self.limits.served", "if False"),
        "wire/test_crowd.py::test_a_storm_of_connections_leaves_running_jobs_alone",
    ),
    Guard(
        "a queue without end",
        Instead("if self._waiting + number > limit", "if False"),
        "engine/test_submitting.py::test_a_full_queue_refuses",
    ),
    Guard(
        "a result of any size",
        Instead("RESULT_BYTES = 1024 * 1024", "RESULT_BYTES = 1 << 40"),
        "engine/test_bodies.py::test_a_result_that_cannot_be_kept_fails_kindly_with_partial_results_kept",
    ),
    Guard(
        "partial results of any size",
        Instead("if len(data) > limits.PARTIAL_BYTES", "if False"),
        "engine/test_partial.py::test_a_partial_result_above_64_kib_raises_and_is_not_kept",
    ),
    Guard(
        "a job's program outlives it (process group)",
        Instead("os.killpg(pid, number)", "os.kill(pid, number)"),
        "engine/test_commands.py::test_a_time_out_ends_the_whole_group",
    ),
    Guard(
        "a job's child eats the memory of all",
        Instead('resource.setrlimit(resource.RLIMIT_AS, (greeting["memory"], greeting["memory"]))', "pass"),
        "chaos/test_deadly_bodies.py::test_each_deadly_body_fails_its_job_and_the_server_lives",
    ),
]

NOTHING_LOST = [
    Guard(
        "an old run goes on writing (fence by run)",
        Body("Journal._fenced", "return self._lines.get(hold.id)"),
        "engine/test_journal.py::test_writes_of_an_old_run_are_dropped",
    ),
    Guard(
        "two writers of one job (fence in the row)",
        Instead(
            "self._many(name, parameters) != len(parameters)",
            "self._many(name, parameters) is None",
        ),
        "contract/test_changes.py::test_a_move_from_another_seq_or_run_conflicts",
    ),
    Guard(
        "a step of a run that is over",
        Instead("WHERE num = ?1 AND run = ?3 AND phase IN ('running', 'cancelling')", "WHERE num = ?1 AND ?3 = ?3"),
        "contract/test_changes.py::test_steps_count_only_while_their_run_is_on",
    ),
    Guard(
        "two processes on one database (lock file)",
        Instead("fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)\n            lock = ", "lock = "),
        "store/test_opening.py::test_a_second_opener_is_refused_and_told_who_has_it",
    ),
    Guard(
        "shown before it is committed (visible)",
        Body("Journal.visible", "return self.head(job_id)"),
        "engine/test_journal.py::test_readers_see_a_change_only_when_it_is_committed",
    ),
    Guard(
        "started before its claim is committed",
        Instead(
            "            return await self._claimed\n", "            return self._claimed and self._journal.head(self.job_id)\n"
        ),
        "engine/test_worker.py::test_a_claim_is_not_started_before_it_is_committed",
    ),
    Guard(
        "a repeated frame is applied again (PROTOCOL rule 1, client)",
        Instead("if seq is None or seq <= held.seq or", "if seq is None or"),
        "client_python/test_vectors.py",
    ),
    Guard(
        "a cursor of another history is believed (epoch)",
        Body("Session.resume", "return held, False"),
        "channels/test_watching.py::test_reset_leaves_before_any_frame_of_that_job",
    ),
    Guard(
        "a state overtakes its results (PROTOCOL rule 1, server)",
        Instead("results = self.topic.tail(self.seq) if job.results else []", "results = []"),
        "channels/test_any_order_of_things.py::test_a_client_ends_at_the_newest_state_with_every_result_once",
    ),
    Guard(
        "a job has two ends (transition table)",
        Body("after", "return TABLE.get((phase, kind), Phase.COMPLETED)"),
        "core/test_states.py::test_every_pair_is_as_the_protocol_says",
    ),
    Guard(
        "the same submit makes two jobs (idempotency key)",
        Instead("            key=options.key,\n", ""),
        "engine/test_submitting.py::test_twenty_equal_submits_at_once_make_one_job",
    ),
    Guard(
        "a key stands for another submit",
        Instead(
            "        if not same:\n            raise KeyReused(job_id)",
            "        if False:\n            raise KeyReused(job_id)",
        ),
        "web/again/test_jobs_again.py::test_another_body_under_the_same_key_is_422",
    ),
    Guard(
        "an id comes back to life (tombstones)",
        Instead('connection.executemany(SWEEP["bury"],', '(lambda *_: None)(SWEEP["bury"],'),
        "web/again/test_jobs_again.py::test_a_removed_id_is_410_everywhere_and_not_made_anew",
    ),
    Guard(
        "a job kills the server for ever (quarantine)",
        Instead("CRASHES_TO_QUARANTINE = 3", "CRASHES_TO_QUARANTINE = 1_000"),
        "engine/test_recovery.py::test_the_third_death_in_a_row_without_a_new_step_quarantines",
    ),
    Guard(
        "what is running when a process dies stays so",
        Instead("        orphans = await self._store.orphans()", "        orphans: list[Job] = []"),
        "engine/test_recovery.py::test_a_job_of_a_dead_process_goes_on_from_its_steps",
    ),
    Guard(
        "an end is given up while the disk is full",
        Instead("if line.holder is not None and event.kind in KEPT_WHILE_FULL", "if False"),
        "engine/test_journal.py::test_what_comes_while_space_lacks_keeps_its_place",
    ),
    Guard(
        "one bad change fails its whole group",
        Instead("        except _GUILT:\n", "        except ZeroDivisionError:\n"),
        "contract/test_changes.py::test_only_the_guilty_of_a_group_fail",
    ),
    Guard(
        "written on after an outcome that nobody knows (fsync error)",
        Instead("if isinstance(error, StoreBroken) and self.broken is None", "if False"),
        "store/test_faults.py::test_after_an_unknown_outcome_nothing_is_written",
    ),
    Guard(
        "acknowledged before it is on the disk (synchronous)",
        Instead('"synchronous = FULL"', '"synchronous = OFF"'),
        "store/test_log_file.py::test_the_settings_that_durability_stands_on",
    ),
    Guard(
        "readers write",
        Body("_reading", "return sqlite3.connect(path, isolation_level=None)"),
        "store/test_log_file.py::test_readers_cannot_write",
    ),
    Guard(
        "an older file is taken for this one (epoch on restore)",
        Instead("if epoch is None or not same", "if epoch is None"),
        "store/test_backup.py::test_an_older_file_put_in_place_by_hand_begins_a_new_epoch",
    ),
    Guard(
        "a file of a newer version is opened",
        Instead("    if version > len(steps):", "    if False:"),
        "store/test_opening.py::test_a_newer_file_is_refused_and_left_alone",
    ),
    Guard(
        "a damaged file is opened",
        Instead('    if found != "ok":\n        raise damaged', "    if False:\n        raise damaged"),
        "store/test_opening.py::test_damage_where_no_question_of_the_start_looks_is_found_too",
    ),
    Guard(
        "sys.exit() of a job ends the server",
        Body("guarded_async", "return Outcome(await function(*args, **kwargs))"),
        "journeys/test_house.py::test_a_body_that_exits_ends_its_own_job_only",
    ),
    Guard(
        "an answer from memory is older than the last commit",
        Body("Remembered._forget", "return"),
        "web/test_remembered.py::test_what_is_removed_is_gone_at_once",
    ),
    Guard(
        "a reader sees a commit that nobody was told of yet",
        Body("Journal.read", "return await self._store.read(job_id)"),
        "engine/test_journal.py::test_what_is_read_is_never_ahead_of_what_was_told",
    ),
    Guard(
        "a webhook to an address of the inside (SSRF)",
        Body("inside", "return False"),
        "monitor/test_webhooks.py::test_an_address_of_the_inside_is_refused_in_each_of_its_forms",
    ),
    Guard(
        "a webhook follows a redirect to the inside (SSRF)",
        Instead("follow_redirects=False, trust_env=False, verify", "follow_redirects=True, trust_env=False, verify"),
        "monitor/test_webhooks.py::test_a_redirect_is_not_followed",
    ),
]

GUARDS = [*WHO_COMES_IN, *WHAT_IS_TOLD, *HOW_MUCH, *NOTHING_LOST]

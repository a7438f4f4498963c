/*
 * The thread's board under the model `linux-6.12`, step by step as crates/teardown-check searches it: one host, one
 * bridge on another bus whose driver leaves the release to devm, and ACTORS who take them apart. It is there so that
 * SPIN and our search look at the same states, and their speed can be compared: scripts/bench-search. It is written
 * from our Rust, and no second opinion on Linux.
 *
 * What a state is. Ours is the value `World`; SPIN's is its state vector, with program counters in it. So there is one
 * process with one control state, a loop whose every turn is one d_step, and the stacks of the actors are plain
 * variables: a vector is a `World`. The counts of states are equal, and so are those of steps (SPIN's transitions; both
 * count the first state as one). The first state is the board when it is up, given by the initial values. After a use
 * after free nothing goes on, here as there. `broke` and `events`, what the last step broke and showed, are part of a
 * state on both sides.
 *
 * What our state has and this has not, as it is a constant on this board or follows from the rest: the shape; `present`
 * and `cancelled` (nothing is pulled); `told` (nobody is, in 6.12); `fails` (set and used in one step); `asleep` (nobody
 * sets out for a device whose lock is taken, and no call of 6.12's sleeps); `allocated`, which is `alive`; the second
 * of the handles of a registration and its attachment, which are one device's; the channel and the host of a device.
 *
 * Sections: data, memory, the host controller, the bus (one inline each function of drm_mipi_dsi.c), the drivers, a
 * step, the loop. -DACTORS=N, 1 to 3. With -DPRINTF pan says when it first sees a property broken, as a sum of the
 * numbers below. (Temporary variables are hidden, so that they are no part of a state; pan's -DBFS refuses these.)
 */

#ifndef ACTORS
#define ACTORS 2
#endif
#define DEVICES 12 /* more are never pointed to at a time; asserted */

/* ---- data ---- */

/* Bound */
#define NO 0
#define YES 1
#define CHANGING 2

/* Served */
#define IDLE 0
#define ATTACHING 1
#define ATTACHED 2
#define DETACHING 3

/* Left */
#define NEITHER 0
#define DETACHED 1
#define DEVICE 2
#define HOST 3

/* Property, one bit each */
#define DETACHED_ONCE 1
#define UNREGISTERED_ONCE 2
#define NEVER_USED_AFTER_FREE 4
#define NOTHING_CALLED_AFTER 8
#define LATE_COMMANDS_FAIL 16
#define TOLD_ONCE 32
#define ONE_TRANSFER 64
#define NOTHING_REFUSED 256
#define COMES_BACK 512
#define NOTHING_LEAKED 1024

/* Event, one bit each */
#define HOST_WENT_FIRST 1
#define PERIPHERAL_WENT_FIRST 2
#define TRANSFER_IN_FLIGHT 4
#define REBOUND 8

/* ProgramKind; 0 is one who does nothing. Release is a frame of its own above these. */
#define BIND_HOST 1
#define UNBIND_HOST 2
#define BIND_PERIPHERAL 3
#define UNBIND_PERIPHERAL 4
#define COMMAND 5
#define READ 6
#define HOLD 7
#define COMMAND_HELD 8
#define DROP 9

/* Request; 0 is no call. */
#define ASK_REGISTER_HOST 1
#define ASK_UNREGISTER_HOST 2
#define ASK_REGISTER 3
#define ASK_ATTACH 4
#define ASK_DETACH 5
#define ASK_UNREGISTER 6
#define ASK_TRANSFER 7
#define ASK_READ 8
#define ASK_HOLD 9
#define ASK_DROP 10

/* HostCall; 0 is none. Those from CALL_TRANSFER on send a packet. */
#define CALL_ATTACH 1
#define CALL_DETACH 2
#define CALL_TRANSFER 3
#define CALL_SET_RETURN_SIZE 4
#define CALL_READ 5

/* Reply; 0 is none. With a handle it is DONE_WITH and `handle`. */
#define DONE 1
#define DONE_WITH 2
#define HOST_GONE 3
#define DEVICE_GONE 4
#define BUSY 5

/* A device: its references, and flags. 0 is no device. A pointer is 0, or one more than an index. */
#define REFERENCES 15
#define ADDED 16
#define LINKED 32
#define IS_ATTACHED 64
#define HOST_FREED 128

typedef Actor {
    byte kind;         /* the program */
    byte at;
    byte left;
    bit is_alone;
    bit releasing;     /* above it: the release of its entries */
    byte release_at;
    byte entries;      /* the registration, and the attachment */
    byte entry;
    byte call;         /* above these: a call of the bus */
    byte call_at;
    byte request;      /* the handle in it */
    byte child;        /* the device that it made, or the child that it is at */
    byte puts;
    bit call_freed;
    byte callback;     /* above that: a callback of the host */
    bit callback_freed;
    byte reply;
    byte handle
};

Actor actor[ACTORS];

/* The bus. */
bit listed = 1;
bit leaked;
byte devices = 1;
/* The first has one reference, is added, linked, attached. */
byte device[DEVICES] = { 113, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 };

/* The host. */
byte host_bound = YES;
bit alive = 1;
byte served = ATTACHED;
bit transferring;
byte reading; /* one more than the actor */
byte running;

/* The peripheral. */
byte bound = YES;
byte link = 1;
bit registered = 1;
bit expects_notice;
byte left;
byte entries = 2;
byte entry = 1;
byte held;
byte held_left;

short broke;
byte events;

/* Of one step only; no part of a state. */
hidden byte idle;
hidden byte i;
hidden byte count;
hidden byte flag;
hidden byte map[DEVICES];
hidden byte old[DEVICES];
/* Not of one step only: SPIN does not take hidden variables back, so this collects what was ever broken. */
hidden short found;

#define breaks(property) broke = broke | (property)
#define happens(event) events = events | (event)
#define is_there(pointer) (device[pointer - 1] & REFERENCES)
#define is_fatal (broke & NEVER_USED_AFTER_FREE)

/* ---- memory ---- */

inline touch(pointer) {
    if
    :: pointer ->
        if
        :: map[pointer - 1] == 0 -> count++; map[pointer - 1] = count
        :: else
        fi;
        pointer = map[pointer - 1]
    :: else
    fi
}

/* Brings pointers to a canonical form, as `Linux::rename` does, in the same order. */
inline canonical() {
    count = 0;
    i = 0;
    do
    :: i < devices ->
        old[i] = device[i];
        if
        :: device[i] & ADDED -> count++; map[i] = count
        :: else -> map[i] = 0
        fi;
        device[i] = 0;
        i++
    :: else -> break
    od;
    i = 0;
    do
    :: i < ACTORS -> touch(actor[i].request); touch(actor[i].child); i++
    :: else -> break
    od;
    i = 0;
    do
    :: i < ACTORS -> touch(actor[i].entry); touch(actor[i].handle); i++
    :: else -> break
    od;
    touch(link);
    touch(entry);
    touch(held);
    i = 0;
    do
    :: i < devices ->
        if
        :: map[i] == 0 ->
            if
            :: (old[i] & REFERENCES) -> leaked = 1
            :: else
            fi
        :: else ->
            if
            :: (old[i] & REFERENCES) -> device[map[i] - 1] = old[i]
            :: else -> device[map[i] - 1] = (old[i] & ADDED) | HOST_FREED
            fi
        fi;
        old[i] = 0;
        i++
    :: else -> break
    od;
    devices = count
}

inline put(pointer) {
    if
    :: is_there(pointer) -> device[pointer - 1]--
    :: else -> breaks(NEVER_USED_AFTER_FREE)
    fi
}

/* ---- the host controller ---- */

inline change(from, to) {
    if
    :: served != from -> breaks(DETACHED_ONCE)
    :: else
    fi;
    served = to
}

/* The first instruction of a callback. */
inline enter(a, what) {
    if
    :: !alive -> breaks(NEVER_USED_AFTER_FREE)
    :: else
    fi;
    running++;
    if
    :: what == CALL_ATTACH -> change(IDLE, ATTACHING)
    :: what == CALL_DETACH -> change(ATTACHED, DETACHING)
    :: else ->
        if
        :: served == IDLE -> breaks(LATE_COMMANDS_FAIL)
        :: else
        fi;
        flag = (reading != 0 && reading != a + 1);
        if
        :: transferring || flag -> breaks(ONE_TRANSFER)
        :: else
        fi;
        transferring = 1;
        if
        :: what == CALL_SET_RETURN_SIZE && !flag -> reading = a + 1
        :: else
        fi
    fi;
    actor[a].callback = what
}

/* Its last. */
inline leave(a) {
    if
    :: actor[a].callback_freed -> breaks(NEVER_USED_AFTER_FREE)
    :: else ->
        if
        :: !alive -> breaks(NEVER_USED_AFTER_FREE)
        :: else
        fi;
        if
        :: running -> running--
        :: else
        fi;
        if
        :: actor[a].callback == CALL_ATTACH -> change(ATTACHING, ATTACHED)
        :: actor[a].callback == CALL_DETACH -> change(DETACHING, IDLE)
        :: else -> transferring = 0
        fi
    fi;
    actor[a].callback = 0;
    actor[a].callback_freed = 0
}

inline reset_controller() {
    served = IDLE;
    transferring = 0;
    reading = 0;
    running = 0
}

/* The host driver's data is freed; what points to it knows. */
inline free_host() {
    alive = 0;
    i = 0;
    do
    :: i < devices -> device[i] = device[i] | HOST_FREED; i++
    :: else -> break
    od;
    i = 0;
    do
    :: i < ACTORS ->
        if
        :: actor[i].callback -> actor[i].callback_freed = 1
        :: else
        fi;
        if
        :: actor[i].call == ASK_REGISTER && actor[i].call_at -> actor[i].call_freed = 1
        :: else
        fi;
        i++
    :: else -> break
    od
}

/* ---- the bus ---- */

inline ask(a, what, which) {
    actor[a].call = what;
    actor[a].request = which
}

/* The call has ended. */
inline answer(a, what, which) {
    actor[a].reply = what;
    actor[a].handle = which;
    actor[a].call = 0;
    actor[a].call_at = 0;
    actor[a].request = 0;
    actor[a].child = 0;
    actor[a].puts = 0;
    actor[a].call_freed = 0;
    if
    :: reading == a + 1 -> reading = 0
    :: else
    fi
}

inline dangles(a) {
    breaks(NEVER_USED_AFTER_FREE);
    answer(a, BUSY, 0)
}

/* A pointer to a device is followed, and in it the one to the host. */
#define has_host(pointer) (is_there(pointer) && !(device[pointer - 1] & HOST_FREED))

inline mipi_dsi_host_unregister(a) {
    if
    :: !actor[a].child ->
        i = 0;
        do
        :: i < devices && !(device[i] & LINKED) -> i++
        :: else -> break
        od;
        if
        :: i < devices ->
            device[i]++;
            actor[a].child = i + 1;
            actor[a].call_at = 0;
            actor[a].puts = 2
        :: else ->
            listed = 0;
            answer(a, DONE, 0)
        fi
    :: else ->
        if
        :: actor[a].call_at <= 1 -> actor[a].call_at = 2
        :: else
        fi;
        if
        :: actor[a].call_at == 4 ->
            do
            :: actor[a].puts -> put(actor[a].child); actor[a].puts--
            :: else -> break
            od;
            actor[a].puts = 2;
            actor[a].child = 0
        :: actor[a].call_at > 4 -> actor[a].child = 0
        :: else ->
            if
            :: !is_there(actor[a].child) -> dangles(a)
            :: else ->
                if
                :: actor[a].call_at == 2 ->
                    if
                    :: !(device[actor[a].child - 1] & IS_ATTACHED)
                    :: else ->
                        if
                        :: !has_host(actor[a].child) -> dangles(a)
                        :: else ->
                            device[actor[a].child - 1] = device[actor[a].child - 1] & (255 - IS_ATTACHED);
                            enter(a, CALL_DETACH)
                        fi
                    fi
                :: else ->
                    if
                    :: !(device[actor[a].child - 1] & ADDED) -> breaks(UNREGISTERED_ONCE)
                    :: else
                    fi;
                    device[actor[a].child - 1] = device[actor[a].child - 1] & (255 - ADDED - LINKED)
                fi
            fi
        fi
    fi
}

inline mipi_dsi_device_register_full(a) {
    if
    :: actor[a].call_at == 1 ->
        if
        :: listed
        :: else -> answer(a, HOST_GONE, 0)
        fi
    :: actor[a].call_at == 2 ->
        if
        :: actor[a].call_freed -> dangles(a)
        :: else ->
            i = 0;
            do
            :: i < devices && !(device[i] & ADDED) -> i++
            :: else -> break
            od;
            if
            :: i < devices ->
                leaked = 1;
                answer(a, BUSY, 0)
            :: else ->
                assert(devices < DEVICES);
                device[devices] = ADDED + 1;
                devices++;
                actor[a].child = devices
            fi
        fi
    :: else ->
        if
        :: !is_there(actor[a].child) -> breaks(NEVER_USED_AFTER_FREE)
        :: device[actor[a].child - 1] & ADDED ->
            device[actor[a].child - 1] = device[actor[a].child - 1] | LINKED
        :: else
        fi;
        answer(a, DONE_WITH, actor[a].child)
    fi
}

inline mipi_dsi_attach(a) {
    if
    :: actor[a].call_at == 1 ->
        if
        :: has_host(actor[a].request) -> enter(a, CALL_ATTACH)
        :: else -> dangles(a)
        fi
    :: else ->
        if
        :: is_there(actor[a].request) ->
            device[actor[a].request - 1] = device[actor[a].request - 1] | IS_ATTACHED;
            answer(a, DONE_WITH, actor[a].request)
        :: else -> dangles(a)
        fi
    fi
}

inline mipi_dsi_detach(a) {
    if
    :: actor[a].call_at > 1 -> answer(a, DONE, 0)
    :: else ->
        if
        :: !is_there(actor[a].request) ->
            breaks(DETACHED_ONCE);
            dangles(a)
        :: else ->
            if
            :: !has_host(actor[a].request) -> dangles(a)
            :: else ->
                if
                :: !(device[actor[a].request - 1] & IS_ATTACHED) ->
                    breaks(DETACHED_ONCE);
                    answer(a, DONE, 0)
                :: else ->
                    device[actor[a].request - 1] = device[actor[a].request - 1] & (255 - IS_ATTACHED);
                    enter(a, CALL_DETACH)
                fi
            fi
        fi
    fi
}

inline mipi_dsi_device_unregister(a) {
    if
    :: actor[a].call_at > 1 ->
        put(actor[a].request);
        answer(a, DONE, 0)
    :: else ->
        if
        :: !is_there(actor[a].request) ->
            breaks(UNREGISTERED_ONCE);
            dangles(a)
        :: else ->
            if
            :: !(device[actor[a].request - 1] & ADDED) -> breaks(UNREGISTERED_ONCE)
            :: else
            fi;
            device[actor[a].request - 1] = device[actor[a].request - 1] & (255 - ADDED - LINKED);
            actor[a].puts = 1
        fi
    fi
}

/* Transfer, and read, which is two of them. */
inline mipi_dsi_device_transfer(a, first, packets) {
    if
    :: actor[a].call_at > packets -> answer(a, DONE, 0)
    :: else ->
        if
        :: !has_host(actor[a].request) -> dangles(a)
        :: else ->
            if
            :: actor[a].call_at == 1 -> enter(a, first)
            :: else -> enter(a, CALL_READ)
            fi
        fi
    fi
}

inline of_find_mipi_dsi_device_by_node(a) {
    if
    :: is_there(actor[a].request) && (device[actor[a].request - 1] & ADDED) ->
        device[actor[a].request - 1]++;
        answer(a, DONE_WITH, actor[a].request)
    :: else -> answer(a, DEVICE_GONE, 0)
    fi
}

inline step_call(a) {
    actor[a].call_at++;
    if
    :: actor[a].call == ASK_REGISTER_HOST ->
        listed = 1;
        answer(a, DONE, 0)
    :: actor[a].call == ASK_UNREGISTER_HOST -> mipi_dsi_host_unregister(a)
    :: actor[a].call == ASK_REGISTER -> mipi_dsi_device_register_full(a)
    :: actor[a].call == ASK_ATTACH -> mipi_dsi_attach(a)
    :: actor[a].call == ASK_DETACH -> mipi_dsi_detach(a)
    :: actor[a].call == ASK_UNREGISTER -> mipi_dsi_device_unregister(a)
    :: actor[a].call == ASK_TRANSFER -> mipi_dsi_device_transfer(a, CALL_TRANSFER, 1)
    :: actor[a].call == ASK_READ -> mipi_dsi_device_transfer(a, CALL_SET_RETURN_SIZE, 2)
    :: actor[a].call == ASK_HOLD -> of_find_mipi_dsi_device_by_node(a)
    :: actor[a].call == ASK_DROP ->
        put(actor[a].request);
        answer(a, DONE, 0)
    fi
}

/* ---- the drivers ---- */

inline ends(a) {
    actor[a].kind = 0;
    actor[a].at = 0;
    actor[a].left = 0;
    actor[a].is_alone = 0
}

inline take_reply(a) {
    actor[a].reply = 0;
    actor[a].handle = 0
}

inline release_entries(a) {
    actor[a].releasing = 1;
    actor[a].entries = entries;
    actor[a].entry = entry;
    entries = 0;
    entry = 0
}

inline release(a) {
    if
    :: actor[a].release_at && actor[a].reply == BUSY -> breaks(NOTHING_REFUSED)
    :: else
    fi;
    take_reply(a);
    actor[a].release_at++;
    if
    :: actor[a].entries == 2 ->
        ask(a, ASK_DETACH, actor[a].entry);
        actor[a].entries = 1
    :: actor[a].entries == 1 ->
        ask(a, ASK_UNREGISTER, actor[a].entry);
        actor[a].entries = 0;
        actor[a].entry = 0
    :: else ->
        actor[a].releasing = 0;
        actor[a].release_at = 0
    fi
}

inline give_up(a) {
    link = 0;
    registered = 0;
    left = NEITHER;
    bound = NO;
    ends(a)
}

inline bind_host(a) {
    if
    :: actor[a].at == 0 ->
        host_bound = CHANGING;
        reset_controller();
        alive = 1;
        ask(a, ASK_REGISTER_HOST, 0);
        actor[a].at = 1
    :: else ->
        if
        :: actor[a].reply != DONE -> breaks(COMES_BACK)
        :: else
        fi;
        take_reply(a);
        host_bound = YES;
        ends(a)
    fi
}

inline bind_host_fails(a) {
    take_reply(a);
    actor[a].kind = UNBIND_HOST;
    actor[a].at = 1;
    ask(a, ASK_UNREGISTER_HOST, 0)
}

inline unbind_host(a) {
    if
    :: actor[a].at == 0 ->
        host_bound = CHANGING;
        if
        :: transferring -> happens(TRANSFER_IN_FLIGHT)
        :: else
        fi;
        expects_notice = (registered && bound == YES);
        if
        :: bound == YES -> happens(HOST_WENT_FIRST)
        :: else
        fi;
        ask(a, ASK_UNREGISTER_HOST, 0);
        actor[a].at = 1
    :: actor[a].at == 1 ->
        if
        :: actor[a].reply != DONE && actor[a].reply != DONE_WITH -> breaks(NOTHING_REFUSED)
        :: else
        fi;
        take_reply(a);
        if
        :: running -> breaks(NOTHING_CALLED_AFTER)
        :: !running && served != IDLE -> breaks(DETACHED_ONCE)
        :: else ->
            if
            :: expects_notice && bound == YES -> breaks(TOLD_ONCE)
            :: else
            fi
        fi;
        expects_notice = 0;
        if
        :: registered -> left = HOST
        :: else
        fi;
        if
        :: held -> held_left = HOST
        :: else
        fi;
        actor[a].at = 2
    :: else ->
        host_bound = NO;
        reset_controller();
        free_host();
        ends(a)
    fi
}

/* `fails` is a constant. */
inline bind_peripheral(a, fails) {
    if
    :: actor[a].at == 0 ->
        bound = CHANGING;
        left = NEITHER;
        ask(a, ASK_REGISTER, 0);
        actor[a].at = 1
    :: actor[a].at == 100 -> give_up(a)
    :: else ->
        flag = 0;
        if
        :: actor[a].reply == DONE_WITH ->
            link = actor[a].handle;
            registered = 1;
            entry = actor[a].handle;
            entries++
        :: else ->
            flag = 1;
            if
            :: actor[a].is_alone && host_bound == YES -> breaks(COMES_BACK)
            :: else
            fi
        fi;
        take_reply(a);
        if
        :: flag || fails ->
            actor[a].at = 100;
            release_entries(a)
        :: else ->
            if
            :: actor[a].at == 1 ->
                ask(a, ASK_ATTACH, link);
                actor[a].at = 2
            :: else ->
                bound = YES;
                happens(REBOUND);
                ends(a)
            fi
        fi
    fi
}

inline unbind_peripheral(a) {
    if
    :: actor[a].at == 0 ->
        bound = CHANGING;
        if
        :: host_bound == YES -> happens(PERIPHERAL_WENT_FIRST)
        :: else
        fi;
        actor[a].at = 1
    :: actor[a].at == 1 ->
        release_entries(a);
        actor[a].at = 2
    :: else ->
        i = 0;
        do
        :: i < ACTORS ->
            if
            :: actor[i].callback >= CALL_TRANSFER -> breaks(NOTHING_CALLED_AFTER)
            :: else
            fi;
            i++
        :: else -> break
        od;
        if
        :: held && held_left != HOST -> held_left = DEVICE
        :: else
        fi;
        give_up(a)
    fi
}

/* Whether a command came to what it has to come to. */
inline check(a) {
    flag = (actor[a].reply == DONE || actor[a].reply == DONE_WITH);
    if
    :: actor[a].left == HOST && actor[a].reply != HOST_GONE -> breaks(LATE_COMMANDS_FAIL)
    :: actor[a].left == DEVICE && actor[a].reply != HOST_GONE && actor[a].reply != DEVICE_GONE ->
        breaks(LATE_COMMANDS_FAIL)
    :: else
    fi;
    if
    :: actor[a].reply == BUSY -> breaks(NOTHING_REFUSED)
    :: else
    fi;
    if
    :: !flag && actor[a].left == NEITHER && actor[a].is_alone && host_bound == YES && bound == YES ->
        breaks(NOTHING_REFUSED)
    :: else
    fi
}

inline send(a, what, which, has_left) {
    if
    :: actor[a].at == 0 && which ->
        actor[a].left = has_left;
        ask(a, what, which);
        actor[a].at = 1
    :: else ->
        if
        :: actor[a].reply -> check(a)
        :: else
        fi;
        take_reply(a);
        ends(a)
    fi
}

inline hold(a) {
    if
    :: actor[a].at == 0 && link ->
        ask(a, ASK_HOLD, link);
        actor[a].at = 1
    :: actor[a].at && actor[a].reply == DONE_WITH && held ->
        ask(a, ASK_DROP, actor[a].handle);
        take_reply(a);
        actor[a].at++
    :: actor[a].at && actor[a].reply == DONE_WITH && !held ->
        held = actor[a].handle;
        if
        :: left == HOST -> held_left = HOST
        :: left != HOST && (link != held || bound != YES) -> held_left = DETACHED
        :: else -> held_left = left
        fi;
        take_reply(a);
        ends(a)
    :: else ->
        take_reply(a);
        ends(a)
    fi
}

inline drop_held(a) {
    if
    :: actor[a].at == 0 && held ->
        ask(a, ASK_DROP, held);
        held = 0;
        held_left = 0;
        actor[a].at = 1
    :: else ->
        take_reply(a);
        ends(a)
    fi
}

/* ---- a step ---- */

inline begin_step() {
    broke = 0;
    events = 0
}

/* What the state breaks: what the step broke, or a leak. */
inline end_step() {
    canonical();
    i = 0;
    do
    :: i < ACTORS && !actor[i].kind -> i++
    :: else -> break
    od;
    count = 0;
    if
    :: i == ACTORS && host_bound == NO && bound == NO && !held ->
        flag = (leaked || listed);
        i = 0;
        do
        :: i < devices ->
            flag = (flag || (device[i] & (ADDED + REFERENCES)));
            i++
        :: else -> break
        od;
        if
        :: flag -> count = 1
        :: else
        fi
    :: else
    fi;
    if
    :: (broke & ~found) -> found = found | broke; printf("breaks %d\n", broke)
    :: else
    fi;
    if
    :: count && !(found & NOTHING_LEAKED) -> found = found | NOTHING_LEAKED; printf("breaks %d\n", NOTHING_LEAKED)
    :: else
    fi;
    idle = 0; i = 0; count = 0; flag = 0
}

inline step(a) {
    begin_step();
    if
    :: actor[a].callback -> leave(a)
    :: else ->
        if
        :: actor[a].call -> step_call(a)
        :: else ->
            if
            :: actor[a].releasing -> release(a)
            :: else ->
                if
                :: actor[a].kind == BIND_HOST -> bind_host(a)
                :: actor[a].kind == UNBIND_HOST -> unbind_host(a)
                :: actor[a].kind == BIND_PERIPHERAL -> bind_peripheral(a, 0)
                :: actor[a].kind == UNBIND_PERIPHERAL -> unbind_peripheral(a)
                :: actor[a].kind == COMMAND -> send(a, ASK_TRANSFER, link, left)
                :: actor[a].kind == READ -> send(a, ASK_READ, link, left)
                :: actor[a].kind == HOLD -> hold(a)
                :: actor[a].kind == COMMAND_HELD -> send(a, ASK_TRANSFER, held, held_left)
                :: actor[a].kind == DROP -> drop_held(a)
                fi
            fi
        fi
    fi;
    end_step()
}

#define can_step(a) (actor[a].kind && !is_fatal)
#define is_in(a, program) (actor[a].kind == program && !actor[a].callback && !actor[a].call && !actor[a].releasing)
#define can_fail(a) ((is_in(a, BIND_HOST) && actor[a].at == 1 || \
    is_in(a, BIND_PERIPHERAL) && actor[a].at >= 1 && actor[a].at < 100) && !is_fatal)

inline fail(a) {
    begin_step();
    if
    :: actor[a].kind == BIND_HOST -> bind_host_fails(a)
    :: else -> bind_peripheral(a, 1)
    fi;
    end_step()
}

/* Idle actors are alike: the first sets out, and takes the first step. */
inline set_out(what) {
    begin_step();
    idle = 0;
    i = 0;
    flag = 1;
    do
    :: i < ACTORS ->
        if
        :: actor[i].kind ->
            actor[i].is_alone = 0;
            flag = 0
        :: else
        fi;
        i++
    :: else -> break
    od;
    do
    :: actor[idle].kind -> idle++
    :: else -> break
    od;
    actor[idle].kind = what;
    actor[idle].is_alone = flag
}

#if ACTORS == 1
#define somebody_is_idle !actor[0].kind
#elif ACTORS == 2
#define somebody_is_idle (!actor[0].kind || !actor[1].kind)
#elif ACTORS == 3
#define somebody_is_idle (!actor[0].kind || !actor[1].kind || !actor[2].kind)
#endif
#define may(guard) (somebody_is_idle && !is_fatal && (guard))

/* ---- the loop ---- */

active proctype search() {
end:
    do
    :: d_step { may(host_bound == YES) -> set_out(UNBIND_HOST); unbind_host(idle); end_step() }
    :: d_step { may(host_bound == NO) -> set_out(BIND_HOST); bind_host(idle); end_step() }
    :: d_step { may(bound == YES) -> set_out(UNBIND_PERIPHERAL); unbind_peripheral(idle); end_step() }
    :: d_step { may(bound == YES) -> set_out(COMMAND); send(idle, ASK_TRANSFER, link, left); end_step() }
    :: d_step { may(bound == YES) -> set_out(READ); send(idle, ASK_READ, link, left); end_step() }
    :: d_step { may(bound == YES && !held) -> set_out(HOLD); hold(idle); end_step() }
    :: d_step { may(bound == NO) -> set_out(BIND_PERIPHERAL); bind_peripheral(idle, 0); end_step() }
    :: d_step { may(held) -> set_out(COMMAND_HELD); send(idle, ASK_TRANSFER, held, held_left); end_step() }
    :: d_step { may(held) -> set_out(DROP); drop_held(idle); end_step() }
    :: d_step { can_step(0) -> step(0) }
    :: d_step { can_fail(0) -> fail(0) }
#if ACTORS > 1
    :: d_step { can_step(1) -> step(1) }
    :: d_step { can_fail(1) -> fail(1) }
#endif
#if ACTORS > 2
    :: d_step { can_step(2) -> step(2) }
    :: d_step { can_fail(2) -> fail(2) }
#endif
    od
}

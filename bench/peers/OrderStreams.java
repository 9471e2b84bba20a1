import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.*;
import com.fasterxml.jackson.databind.node.*;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.*;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.*;
import org.apache.kafka.streams.processor.api.*;
import org.apache.kafka.streams.state.*;

/** The peer `streams`: one Kafka Streams processor over all five topics, exactly_once_v2, state in RocksDB and a changelog. */
public final class OrderStreams {
    static final ObjectMapper JSON = new ObjectMapper();

    /** One order's stored value: {"status","version","updated","lines":[..],"seen":[event ids],"parked":[raw events]}. */
    static final class OrderProcessor implements Processor<String, byte[], String, byte[]> {
        private ProcessorContext<String, byte[]> ctx;
        private KeyValueStore<String, byte[]> store;

        @Override public void init(ProcessorContext<String, byte[]> c) { ctx = c; store = c.getStateStore("orders"); }

        @Override public void process(org.apache.kafka.streams.processor.api.Record<String, byte[]> r) {
            JsonNode ev;
            try {
                ev = validate(JSON.readTree(r.value()));
            } catch (Exception x) {
                ctx.forward(r.withValue(r.value() == null ? new byte[0] : r.value()), "dlq");
                return;
            }
            try {
                byte[] raw = store.get(r.key());
                ObjectNode o = raw == null ? null : (ObjectNode) JSON.readTree(raw);
                if (o == null) { o = JSON.createObjectNode(); o.putNull("status"); o.put("version", 0); o.putArray("seen"); o.putArray("parked"); }
                ArrayNode seen = (ArrayNode) o.get("seen");
                String id = ev.get("id").asText();
                for (JsonNode s : seen) if (s.asText().equals(id)) return;
                seen.add(id);
                if (!apply(o, ev)) ((ArrayNode) o.get("parked")).add(ev);
                else { emit(r, o, ev); drain(r, o); }
                store.put(r.key(), JSON.writeValueAsBytes(o));
            } catch (Exception x) { throw new RuntimeException(x); }
        }

        private void drain(org.apache.kafka.streams.processor.api.Record<String, byte[]> r, ObjectNode o) throws JsonProcessingException {
            ArrayNode parked = (ArrayNode) o.get("parked");
            for (int i = 0; i < parked.size(); ) {
                JsonNode e = parked.get(i);
                if (apply(o, e)) { parked.remove(i); emit(r, o, e); i = 0; } else i++;
            }
        }

        private void emit(org.apache.kafka.streams.processor.api.Record<String, byte[]> r, ObjectNode o, JsonNode ev) throws JsonProcessingException {
            String id = ev.get("id").asText();
            int version = o.get("version").asInt();
            ArrayNode h = JSON.createArrayNode().add(r.key()).add(version).add(id);
            ctx.forward(r.withValue(JSON.writeValueAsBytes(h)), "history");
            if (o.get("changed").asBoolean()) {
                ObjectNode out = JSON.createObjectNode();
                out.put("specversion", "1.0").put("id", r.key() + ":" + version).put("type", "order.status_changed")
                   .put("source", "/hub/orders").put("subject", r.key()).put("time", o.get("updated").asText()).put("datacontenttype", "application/json");
                ObjectNode d = out.putObject("data");
                d.put("order_id", r.key()).put("version", version);
                d.set("previous", o.get("previous")); d.set("status", o.get("status")); d.put("cause", id); d.set("lines", o.get("lines"));
                ctx.forward(r.withValue(JSON.writeValueAsBytes(out)), "status");
            }
        }
    }

    static boolean apply(ObjectNode o, JsonNode ev) {
        String type = ev.get("type").asText(), st = o.get("status").isNull() ? null : o.get("status").asText(), next = st;
        JsonNode d = ev.get("data");
        ArrayNode lines = (ArrayNode) o.get("lines");
        switch (type) {
            case "order.placed" -> {
                if (st != null) return false;
                next = "placed";
                lines = o.putArray("lines");
                for (JsonNode l : d.get("lines")) lines.addObject().put("line", l.get("line").asInt()).put("sku", l.get("sku").asText())
                        .put("qty", l.get("qty").asInt()).put("state", "pending");
            }
            case "fraud.scored" -> { if (!"placed".equals(st)) return false; next = d.get("decision").asText().equals("approve") ? "approved" : "rejected"; }
            case "availability.answered" -> {
                if (!"approved".equals(st)) return false;
                int avail = 0, pending = 0;
                for (JsonNode l : lines) {
                    if (l.get("line").asInt() == d.get("line").asInt()) ((ObjectNode) l).put("state", d.get("answer").asText());
                    String s = l.get("state").asText();
                    if (s.equals("pending")) pending++; else if (s.equals("available")) avail++;
                }
                if (pending == 0) next = avail == lines.size() ? "ready" : avail > 0 ? "partial" : "cancelled";
            }
            case "carrier.picked_up" -> { if (!"ready".equals(st) && !"partial".equals(st)) return false; next = "picked_up"; }
            case "carrier.in_transit" -> { if (!"picked_up".equals(st)) return false; next = "in_transit"; }
            case "carrier.delivered" -> { if (!"in_transit".equals(st)) return false; next = "delivered"; }
            default -> {
                if (!"delivered".equals(st)) return false;
                for (JsonNode l : lines) for (JsonNode b : d.get("lines"))
                    if (l.get("line").asInt() == b.get("line").asInt()) ((ObjectNode) l).put("state", "returned");
                next = "returned";
            }
        }
        o.put("version", o.get("version").asInt() + 1);
        o.put("changed", !next.equals(st));
        if (st == null) o.putNull("previous"); else o.put("previous", st);
        o.put("status", next);
        String t = ev.get("time").asText();
        if (!o.has("updated") || t.compareTo(o.get("updated").asText()) > 0) o.put("updated", t);
        return true;
    }

    // --- validation: the same constraints as domain.py ------------------------------------------------------------
    static void check(boolean ok) { if (!ok) throw new IllegalArgumentException(); }
    static String text(JsonNode n, String f) { JsonNode x = n.get(f); check(x != null && x.isTextual()); return x.textValue(); }
    static long num(JsonNode n, String f, long min) { JsonNode x = n.get(f); check(x != null && x.isIntegralNumber() && x.longValue() >= min); return x.longValue(); }
    static void uuid(String s) { UUID.fromString(s); }
    static void address(JsonNode a) { check(a != null && a.isObject()); text(a, "name"); text(a, "street"); text(a, "city"); text(a, "postcode"); check(text(a, "country").length() == 2); }

    static JsonNode validate(JsonNode e) {
        check(e != null && e.isObject());
        check(text(e, "specversion").equals("1.0"));
        uuid(text(e, "id")); text(e, "source"); text(e, "subject"); OffsetDateTime.parse(text(e, "time"));
        JsonNode d = e.get("data");
        check(d != null && d.isObject());
        uuid(text(d, "order_id"));
        switch (text(e, "type")) {
            case "order.placed" -> {
                text(d, "customer_id"); check(text(d, "currency").length() == 3); num(d, "total_cents", 0);
                check(d.get("lines") != null && d.get("lines").size() > 0);
                for (JsonNode l : d.get("lines")) { num(l, "line", 1); check(text(l, "sku").length() >= 3); num(l, "qty", 1); num(l, "price_cents", 0); }
                address(d.get("ship_to"));
            }
            case "fraud.scored" -> {
                check(d.get("score").isNumber() && d.get("score").doubleValue() >= 0 && d.get("score").doubleValue() <= 1);
                String x = text(d, "decision"); check(x.equals("approve") || x.equals("reject")); text(d, "model");
                for (JsonNode s : d.get("signals")) { text(s, "name"); check(s.get("weight").isNumber()); }
            }
            case "availability.answered" -> {
                num(d, "line", 1); text(d, "sku"); text(d, "warehouse"); String x = text(d, "answer");
                check(x.equals("available") || x.equals("short")); num(d, "qty_on_hand", 0); text(d, "note");
            }
            case "carrier.picked_up", "carrier.in_transit", "carrier.delivered" -> {
                text(d, "carrier"); text(d, "tracking"); num(d, "parcels", 1); address(d.get("location")); text(d, "note");
            }
            case "return.received" -> {
                text(d, "rma"); for (JsonNode l : d.get("lines")) { num(l, "line", Long.MIN_VALUE); num(l, "qty", 1); text(l, "condition"); }
                text(d, "reason"); text(d, "warehouse"); text(d, "note");
            }
            default -> check(false);
        }
        return e;
    }

    public static void main(String[] a) throws Exception {
        Map<String, String> env = System.getenv();
        String in = env.get("BENCH_IN_PREFIX"), out = env.get("BENCH_OUT_PREFIX");
        Map<String, String> opts = new HashMap<>();
        for (String o : env.getOrDefault("BENCH_OPTS", "").split(",")) if (o.contains("=")) opts.put(o.split("=")[0], o.split("=")[1]);
        Properties p = new Properties();
        p.put(StreamsConfig.APPLICATION_ID_CONFIG, env.get("BENCH_GROUP"));
        p.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, env.get("BENCH_BOOTSTRAP"));
        p.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        p.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, opts.getOrDefault("threads", "2"));
        p.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, opts.getOrDefault("commit", "100"));
        p.put(StreamsConfig.STATE_DIR_CONFIG, env.get("BENCH_DIR") + "/state");
        p.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, "1");
        p.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, opts.getOrDefault("cache", "67108864"));
        p.put("auto.offset.reset", "earliest");
        p.put("max.poll.records", "2000");
        p.put("session.timeout.ms", "6000");
        p.put("heartbeat.interval.ms", "1000");
        p.put("transaction.timeout.ms", "10000");
        Topology t = new Topology();
        String[] topics = {in + "orders", in + "fraud", in + "availability", in + "carrier", in + "returns"};
        t.addSource("in", Serdes.String().deserializer(), Serdes.ByteArray().deserializer(), topics)
         .addProcessor("hub", OrderProcessor::new, "in")
         .addStateStore(Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore("orders"), Serdes.String(), Serdes.ByteArray()).withCachingEnabled(), "hub")
         .addSink("status", out + "order-status", Serdes.String().serializer(), Serdes.ByteArray().serializer(), "hub")
         .addSink("history", out + "order-history", Serdes.String().serializer(), Serdes.ByteArray().serializer(), "hub")
         .addSink("dlq", out + "dlq", Serdes.String().serializer(), Serdes.ByteArray().serializer(), "hub");
        KafkaStreams s = new KafkaStreams(t, p);
        CountDownLatch done = new CountDownLatch(1);
        s.setUncaughtExceptionHandler(x -> { x.printStackTrace(); return org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse.SHUTDOWN_CLIENT; });
        Runtime.getRuntime().addShutdownHook(new Thread(() -> { s.close(Duration.ofSeconds(10)); done.countDown(); }));
        s.start();
        done.await();
    }
}

-- Of how many states each label is true, by the order in which options were shown.
SELECT dataset, concept, label, shown, count(*) AS states, avg(CAST(truth AS INTEGER)) AS true_share
FROM probe_labels
GROUP BY ALL
ORDER BY ALL

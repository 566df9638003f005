SELECT object_id, text, property, value FROM property_values
WHERE compliant ORDER BY object_id, property LIMIT 10
